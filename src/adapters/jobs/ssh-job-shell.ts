import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConflictError, EngineError, UnreachableError } from '../../errors.ts';
import type { JobShell, ShellResult, ShellRunOptions, ShellStreamOptions } from '../../jobs/job-shell.ts';
import type { HostAddress } from '../../machines/machine.ts';
import { readChangedKey } from '../ssh/host-key.ts';
import { quoteWord } from '../../jobs/quote-word.ts';
import { SshConnection, type SshOptions } from '../ssh/ssh-connection.ts';
import { explainSsh, lastLine, SshFailure } from '../ssh/ssh-failure.ts';
import { closePipes } from '../ssh/ssh-login.ts';
import { envelope, SshMachineShell } from '../ssh/ssh-machine-shell.ts';

/** How long a login that was dropped because the sshd is busy (MaxStartups) is tried again: nothing was sent yet. */
const LOGIN_LIMIT_MS = 30_000;
const PAUSE_MS = { least: 600, more: 1400 } as const;
const KEPT_STDERR = 16_384;

/** 255 is ssh's own status: a script's own is told apart by becoming 254. */
const STREAM_LINE = `sh -c 'sh -s; s=$?; [ $s != 255 ] || s=254; exit $s'`;
const UPLOAD = 'umask 077; mkdir -p -- "$1" && exec tar -xpof - -C "$1"';

/** What a machine says of itself when it is entered. */
export interface SshMachineFacts {
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
  /** Of its engine in a swarm; empty without one, and where this user may not ask it. */
  readonly nodeId: string;
  /** Its own addresses, without loopback. */
  readonly addresses: readonly string[];
}

const FACTS = `printf '%s\\n' "$HOME" "$(id -u)" "$(id -g)" "$(uname -n)"
printf '%s\\n' "$(timeout 5 docker info --format '{{.Swarm.NodeID}}' 2>/dev/null | head -n 1)"
hostname -I 2>/dev/null || ip -o -4 addr show 2>/dev/null | awk '$2 != "lo" { sub("/.*", "", $4); print $4 }' | tr '\\n' ' '`;

/**
 * Records, and drivers, on a machine that is entered by ssh, as the user who logs in. Nothing is kept open here: OpenSSH's own
 * master keeps the connection for a minute after the last use.
 */
export class SshJobShell implements JobShell {
  readonly place: string;
  readonly base: string;
  /** Whoever logs in. */
  readonly owner = undefined;
  readonly facts: SshMachineFacts;
  /** What is dialled: workers may know the machine by it. */
  readonly hostName: string;
  readonly #shell: SshMachineShell;
  readonly #connection: SshConnection;

  constructor(shell: SshMachineShell, facts: SshMachineFacts, cluster: string) {
    this.#shell = shell;
    this.#connection = SshConnection.of(shell.address);
    this.facts = facts;
    this.hostName = shell.hostName;
    this.place = shell.engineHost;
    this.base = `${facts.home}/.spark-swarm/jobs/${cluster}`;
  }

  async run(script: string, words: readonly string[], { timeoutMs, signal }: ShellRunOptions): Promise<ShellResult> {
    return enter(this.place, signal, async () =>
      this.#shell.runScript(script, {
        args: words,
        asRoot: false,
        signal,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
    );
  }

  async stream(
    script: string,
    words: readonly string[],
    { stdout, stderr, signal }: ShellStreamOptions,
  ): Promise<number> {
    const child = await this.#start(STREAM_LINE, signal);
    // Why it does not read is known when it has ended.
    child.stdin?.on('error', () => {});
    const status = await attend(child, signal, async () => {
      child.stdin?.end(envelope(script, words));
      await Promise.all([forward(child.stdout, stdout), forward(child.stderr, stderr)]);
    });
    if (status !== 255 && status !== null) return status;
    throw await this.#explainLoss();
  }

  async upload(archive: Readable, folder: string, signal: AbortSignal): Promise<void> {
    const child = await this.#start(`sh -c ${quoteWord(UPLOAD)} upload ${quoteWord(folder)}`, signal).catch(
      (error: unknown) => {
        archive.destroy();
        throw error;
      },
    );
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT_STDERR)));
    child.stdout?.resume();
    let broken: unknown;
    const status = await attend(child, signal, async () => {
      // Why it does not read on is known when it has ended; what the archive fails with is another matter.
      if (child.stdin) await pipeline(archive, child.stdin).catch((error: unknown) => (broken = error));
    });
    archive.destroy();
    if (status === 0 && broken === undefined) return;
    if (archive.errored && broken === archive.errored) throw archive.errored;
    if (status === 255 || status === null) throw await this.#explainLoss();
    throw new EngineError(`Cannot unpack files in ${folder} on ${this.place}: ${lastLine(said)}`, status);
  }

  async #start(line: string, signal: AbortSignal): Promise<ChildProcess> {
    return enter(this.place, signal, async () => {
      try {
        await this.#connection.ready(signal);
        return await this.#connection.start([line], { stdio: 'pipe', quiet: true });
      } catch (error) {
        throw wrap(this.place, error);
      }
    });
  }

  /** ssh was told to be quiet, so the next login says what is the matter; if that works, the connection was lost. */
  async #explainLoss(): Promise<Error> {
    try {
      await this.#connection.ready();
      return wrap(this.place, explainSsh('', this.#shell.address)) as Error;
    } catch (error) {
      return wrap(this.place, error) as Error;
    }
  }
}

/**
 * Logs in, and finds out where records are kept there: `$HOME/.spark-swarm/jobs/<cluster>`.
 *
 * @throws UsageError for what is no address; ConflictError for a host whose key has changed; UnreachableError
 */
export async function openSshJobShell(
  address: HostAddress,
  cluster: string,
  { signal, ...options }: SshOptions & { readonly signal: AbortSignal },
): Promise<SshJobShell> {
  const shell = await SshMachineShell.open(address, options);
  const { stdout } = await enter(shell.engineHost, signal, async () =>
    shell.runScript(FACTS, { asRoot: false, signal }),
  );
  const [home = '', uid = '', gid = '', hostname = '', nodeId = '', addresses = ''] = stdout.split('\n');
  if (!home.startsWith('/') || home === '/') {
    throw new UnreachableError(`Cannot keep jobs on ${shell.engineHost}: the user has no home folder (HOME=${home})`, {
      hint: 'log in as another user',
    });
  }
  const facts = {
    home,
    uid: Number(uid),
    gid: Number(gid),
    hostname,
    nodeId,
    addresses: addresses.split(/\s+/).filter((word) => word !== ''),
  };
  return new SshJobShell(shell, facts, cluster);
}

/** Tries again where a busy sshd has closed the door, and says a changed key with both fingerprints. */
async function enter<T>(place: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const failure = error instanceof UnreachableError && error.cause instanceof SshFailure ? error.cause : undefined;
      if (failure?.kind === 'host-key-changed') throw await explainChangedKey(place, failure);
      if (failure?.kind !== 'penalty' || performance.now() - startedAt > LOGIN_LIMIT_MS) throw error;
      // Those who were turned away together must not come back together.
      await sleep(PAUSE_MS.least + Math.random() * PAUSE_MS.more, undefined, { signal });
    }
  }
}

async function explainChangedKey(place: string, failure: SshFailure): Promise<ConflictError> {
  const { known = 'unknown', shown = 'unknown' } = await readChangedKey(failure.output);
  return new ConflictError(
    `Cannot enter ${place}: its host key is ${shown}, and known here is ${known}; it may be another machine, and nothing was sent to it`,
    { hint: failure.hint, cause: failure },
  );
}

/** Waits for the end of a session. Its pipes are the master's too: whoever gives up closes them. */
async function attend(child: ChildProcess, signal: AbortSignal, work: () => Promise<void>): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const end = (): void => {
    child.kill();
    closePipes(child);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    await work();
    const status = await ended;
    signal.throwIfAborted();
    return status;
  } catch (error) {
    signal.throwIfAborted();
    end();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** As fast as the reader takes it; a reader that is gone is an error of its own. */
async function forward(from: Readable | null, to: Writable): Promise<void> {
  if (from) await pipeline(from, to, { end: false });
}

function wrap(place: string, error: unknown): unknown {
  if (!(error instanceof SshFailure)) return error;
  return new UnreachableError(`Cannot work on ${place} by ssh: ${error.message}`, { hint: error.hint, cause: error });
}
