/** How many of so many managers must answer for anything to change. */
export function majorityOf(managers: number): number {
  return Math.floor(managers / 2) + 1;
}

/** The arithmetic for people: `2 of 3 must answer, 1 does`. */
export function formatQuorum(managers: number, answering: number): string {
  return `${majorityOf(managers)} of ${managers} managers must answer, ${answering} ${answering === 1 ? 'does' : 'do'}`;
}

/** Docker's words about a missing majority, shortened to their first sentence and without the prefix of gRPC. */
export function describeQuorum(message: string): string {
  const [sentence = message] = message.replace(/^rpc error: code = \w+ desc = /, '').split(/(?<=\.)\s|\n/);
  return sentence.replace(/\.$/, '');
}
