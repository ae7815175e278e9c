import { InvalidStateError } from '../errors.ts';
import { aptDetail } from '../setup/setup-host.ts';
import type { Machine, ScriptResult } from './machine.ts';

export interface InstalledEngine {
  readonly version: string;
  /** False: everything was there. */
  readonly changed: boolean;
  /** The user was let in just now; the connection to the machine was renewed, so that it knows. */
  readonly groupAdded: boolean;
}

export interface InstallOptions {
  /** Text of `docker/machine/install-engine.sh`. */
  readonly script: string;
  /** Who logs in, and shall use the engine. */
  readonly loginUser: string;
  readonly progress: (detail: string) => void;
  readonly signal: AbortSignal;
}

/** A slow mirror and a slow disk; 10 to 60 s are usual. */
const LIMIT_MS = 15 * 60_000;

/**
 * An engine on the machine, by its system's own packages: installed, started now and at every boot, open to the user who
 * logs in. What is there is left alone.
 *
 * @throws InvalidStateError with the package manager's or systemd's own words, or for a system whose packages are not known;
 * UnreachableError as `MachineShell.runScript`
 */
export async function installEngine(
  machine: Machine,
  { script, loginUser, progress, signal }: InstallOptions,
): Promise<InstalledEngine> {
  const { name, shell } = machine;
  progress('looking what is there');
  const result = await shell.runScript(script, {
    args: [loginUser],
    onLine: (line) => {
      const detail = installDetail(line);
      if (detail !== undefined) progress(detail);
    },
    timeoutMs: LIMIT_MS,
    signal,
  });
  const value = (key: string): string | undefined =>
    result.stdout
      .split(/\r?\n/)
      .findLast((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  const version = value('engine');
  if (result.status !== 0 || version === undefined) throw explain(name, result);
  const groupAdded = value('group') === 'added';
  if (groupAdded) {
    // A login that is kept has the groups of before.
    await shell.renew?.();
    machine.engine.close();
  }
  return { version, changed: value('changed') === 'yes', groupAdded };
}

/**
 * What is worth showing of a line.
 *
 * Shape: those of apt; of dnf `  Installing       : moby-engine-24.0.5-1.fc40.x86_64   5/7`; and the script's own.
 */
export function installDetail(line: string): string | undefined {
  const installing = /^\s+Installing\s+: (\S+)\s+(\d+)\/(\d+)/.exec(line);
  if (installing) return `installing ${installing[1]}, ${installing[2]} of ${installing[3]}`;
  if (/^(?:its network carries|starting the engine)/.test(line)) return line;
  return aptDetail(line);
}

/** What the script's exit statuses mean, and what to do. */
const FAILURES: Readonly<Record<number, readonly [what: string, hint: string]>> = {
  3: [
    'its system is not one of those',
    'install an engine by hand there, as docs/problems/machines.md#ss-m05 says; then run this again',
  ],
  4: ['the packages could not be installed', 'are its package sources right, and is there room? then run this again'],
  5: ['it does not start', 'there: journalctl -u docker -n 20'],
};

function explain(name: string, { status, stderr }: ScriptResult): InvalidStateError {
  const [what, hint] = FAILURES[status] ?? ['the script did not end as it should', 'run the same command again'];
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return new InvalidStateError(
    `Cannot install an engine on ${name}: ${what}: ${words === '' ? `exit status ${status}` : words}`,
    { hint },
  );
}
