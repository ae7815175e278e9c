import { randomUUID } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';

import { UnreachableError } from '../../errors.ts';
import type { HostAddress, MachineShell, ScriptOptions, ScriptResult } from '../../machines/machine.ts';
import { hasTerminal } from '../shell/attached-program.ts';
import { quoteWord } from '../../jobs/quote-word.ts';
import { explainSudo } from './remote-failure.ts';
import { formatAddress, formatSshHost } from './ssh-address.ts';
import { SshConnection, type SshOptions } from './ssh-connection.ts';
import { closePipes } from './ssh-login.ts';
import { explainSsh, SshFailure } from './ssh-failure.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Programs on a machine over OpenSSH's `ssh`.
 *
 * A script and its arguments travel on standard input, and what is in the argument lists is always the same. It is read to its
 * end before its first line runs, so that one that is cut off by a lost connection does nothing. One that is given up may go on
 * there: without a terminal, sshd ends nothing.
 */
export class SshMachineShell implements MachineShell {
  readonly host: string;
  /** The machine's engine as a node label and a docker context say it: `ssh://root@10.0.0.4:22`. */
  readonly engineHost: string;
  /** The whole address: user and port are filled in. */
  readonly address: HostAddress & { readonly user: string; readonly port: number };
  /** What is dialled, where `address.host` is an alias. */
  readonly hostName: string;
  readonly #connection: SshConnection;

  private constructor(connection: SshConnection, found: SshMachineShell['address'], hostName: string) {
    this.#connection = connection;
    this.address = found;
    this.hostName = hostName;
    this.host = formatAddress(found);
    this.engineHost = formatSshHost(found);
  }

  /**
   * Finds out what ~/.ssh/config says of the address; dials nobody.
   *
   * @throws UsageError for what is no address; UnreachableError if ssh is missing, or does not read its configuration
   */
  static async open(address: HostAddress, options: SshOptions = {}): Promise<SshMachineShell> {
    const given = SshConnection.of(address, options);
    const { user, host, port, hostName } = await given.resolve().catch((error: unknown) => {
      throw unreachable(formatAddress(address), error);
    });
    const found = { user, host, port };
    // The very connection that the machine's engine is reached by, whose address is written in full.
    return new SshMachineShell(SshConnection.of(found, options), found, hostName);
  }

  async runScript(script: string, options: ScriptOptions): Promise<ScriptResult> {
    const { args = [], asRoot = true, timeoutMs = DEFAULT_TIMEOUT_MS, onLine } = options;
    const needsSudo = asRoot && this.address.user !== 'root';
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([options.signal, limit]);
    const marker = `spark-swarm-${randomUUID()}`;
    try {
      const ended = await this.#connection.slots.run(async () => {
        await this.#connection.ready(signal);
        const child = await this.#connection.start([remoteLine(marker, needsSudo)], { stdio: 'pipe' });
        return talk(child, envelope(script, args), { signal, onLine });
      }, signal);
      signal.throwIfAborted();
      return this.#read(ended, { marker, needsSudo });
    } catch (error) {
      options.signal.throwIfAborted();
      if (limit.aborted) {
        throw new UnreachableError(`The script on ${this.host} did not end within ${timeoutMs / 1000} s`, {
          hint: 'is the machine busy, or gone? run the same command again',
          cause: error,
        });
      }
      throw unreachable(this.host, error);
    }
  }

  async attach(argv: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<number> {
    await this.#connection.ready(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(this.host, error);
    });
    const child = await this.#connection.start(argv, { stdio: 'inherit', tty: hasTerminal() });
    const end = (): void => void child.kill();
    signal.addEventListener('abort', end, { once: true });
    const status = await new Promise<number>((resolve) =>
      child.once('exit', (code, killedBy) =>
        resolve(code ?? 128 + (killedBy ? (constants.signals[killedBy] ?? 0) : 0)),
      ),
    );
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
    return status;
  }

  async renew(): Promise<void> {
    await this.#connection.renew();
  }

  #read(
    { status, stdout, stderr }: Ended,
    { marker, needsSudo }: { readonly marker: string; readonly needsSudo: boolean },
  ): ScriptResult {
    const failure = needsSudo && status !== 0 && stdout === '' ? explainSudo(stderr, this.address) : undefined;
    if (failure) throw failure;
    if (status !== null && status !== 255) return { status, stdout, stderr };
    const position = stderr.lastIndexOf(`${marker}\n`);
    if (position < 0) throw explainSsh(stderr, this.address);
    return { status: 255, stdout, stderr: stderr.slice(0, position) };
  }
}

/** What the login shell there gets: a marker on standard error says that 255 is the script's own status, and not ssh's. */
function remoteLine(marker: string, needsSudo: boolean): string {
  const line = `sh -c 'sh -s; s=$?; if [ $s = 255 ]; then echo ${marker} >&2; fi; exit $s'`;
  return needsSudo ? `env LC_ALL=C sudo -n ${line}` : line;
}

/** In braces, a script is read whole before it begins; `:` because they may not be empty. */
export function envelope(script: string, args: readonly string[]): string {
  return `set --${args.map((arg) => ` ${quoteWord(arg)}`).join('')}\n{ :\n${script}\n}\n`;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function talk(
  child: ChildProcess,
  input: string,
  { signal, onLine }: { readonly signal: AbortSignal; readonly onLine: ScriptOptions['onLine'] },
): Promise<Ended> {
  const chunks: Readonly<Record<'stdout' | 'stderr', Buffer[]>> = { stdout: [], stderr: [] };
  for (const pipe of ['stdout', 'stderr'] as const)
    child[pipe]?.on('data', (bytes: Buffer) => chunks[pipe].push(bytes));
  if (onLine && child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
  // Why it does not read is known when it has ended.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  let end = (): void => {};
  const status = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
    // The master has its pipes too, and would keep them open as long as the script runs.
    end = (): void => {
      child.kill();
      closePipes(child);
      resolve(null);
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
  signal.removeEventListener('abort', end);
  // Decoded once: a character may be split over two packets.
  const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
  return { status, stdout: text(chunks.stdout), stderr: text(chunks.stderr) };
}

function unreachable(host: string, error: unknown): unknown {
  if (!(error instanceof SshFailure)) return error;
  return new UnreachableError(`Cannot work on ${host} by ssh: ${error.message}`, { hint: error.hint, cause: error });
}
