/**
 * A word as a POSIX shell reads it back: between single quotes nothing is special, and a single quote itself is written
 * outside of them.
 */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
