/** Whether a version is older: numbers are compared part by part, what follows them is not (`2.26.1-4`, `20.10.24+dfsg1`). */
export function isOlder(version: string, than: string): boolean {
  const own = numbersOf(version);
  const other = numbersOf(than);
  const index = other.findIndex((number, place) => (own[place] ?? 0) !== number);
  return index >= 0 && (own[index] ?? 0) < (other[index] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}
