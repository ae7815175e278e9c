/**
 * A word as a POSIX shell reads it back, byte for byte: between single quotes nothing is special, and a single quote itself
 * is written outside of them. NUL cannot be in it.
 */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** `argv.sh` of a job's folder: what the wrapper runs. It travels as a file, for a command line has a limit and is seen by all. */
export function argvFile(argv: readonly string[]): string {
  return `set --${argv.map((word) => ` ${quoteWord(word)}`).join('')}\n`;
}
