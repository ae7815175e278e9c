/**
 * Without what paints in a terminal: names, logs and records hold what anybody has written there. Line breaks stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, ' ');
}
