/** A name that every shell exports. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** The text of `env.sh`, which the wrapper reads: `export K='…'`, every value as it is. */
export function formatEnvironment(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`)
    .join('');
}

/** The values in such a text; of a variable that is set twice the later one counts. */
export function parseEnvironment(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^export ([A-Za-z_][A-Za-z0-9_]*)='((?:[^']|'\\'')*)'$/gm);
  return new Map(
    Array.from(lines, ([, name = '', value = '']): [string, string] => [name, value.replaceAll(String.raw`'\''`, "'")]),
  );
}
