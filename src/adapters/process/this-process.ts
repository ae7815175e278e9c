/** What the library takes from the process it runs in, where its caller gives nothing else. */
export function readProcess(): {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
} {
  return { env: process.env, cwd: process.cwd() };
}
