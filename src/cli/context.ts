import type { Readable, Writable } from 'node:stream';

/** Everything a command may use of the process it runs in. Made once, in `main`; tests make their own. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** The result, and nothing else (design D10). */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Progress, warnings, errors, questions. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Aborted, with an InterruptedError as its reason, by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Folder that holds `docker/`, `docker-compose.yml` and `nfs/`. */
  readonly projectRoot: string;
  /** What the process ends with when the command throws nothing. A command that reports a bad state sets it. */
  exitStatus: number;
}
