import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';

import type { HostAddress } from '../../machines/machine.ts';
import { checkAddress, formatSshHost } from './ssh-address.ts';
import { controlPath } from './control-folder.ts';
import { resolveAddress, noSsh, type ResolvedAddress } from './resolve-address.ts';
import { sshArgv, stopArgv } from './ssh-argv.ts';
import { Slots } from './slots.ts';
import { endOf, Opening } from './ssh-login.ts';
import { explainSsh, lastLine, SshFailure, type SshFailureKind } from './ssh-failure.ts';

/** Below ssh's ControlPersist, so that no session meets a connection that is just being closed. */
const FRESH_MS = 45_000;
/** For all of a login; ssh itself limits only the part up to the host's key. */
const LOGIN_LIMIT_MS = 20_000;
/**
 * A login that was refused is refused again: an sshd from 9.8 on locks out who goes on trying. Faults of the network may be over
 * in a moment, but not for those who ask at the same time. So may be the rush to a busy sshd: asking one that shuts us out makes
 * its penalty no longer. Source: openssh-portable srclimit.c, what is refused there is no new offence.
 */
const REMEMBER_MS = { refusal: 15_000, network: 500 } as const;
const REFUSALS = new Set<SshFailureKind>(['permission-denied', 'host-key-changed', 'host-key-revoked', 'no-login']);

/** An sshd takes 10 sessions on one connection (MaxSessions); the engine's API needs some too. */
const SCRIPTS_AT_ONCE = 4;

export interface SshOptions {
  /** Remembers the key of a host that was never met; a changed one is refused all the same. */
  readonly acceptNewHostKeys?: boolean;
}

const connections = new Map<string, SshConnection>();

/**
 * One machine over ssh. All of this process's work on it goes over one TCP connection, which OpenSSH's own master keeps for 60 s
 * after the last use, for other processes of ours too. That is why nobody closes it: the next command may be at work on it.
 */
export class SshConnection {
  readonly address: HostAddress;
  /** For scripts. */
  readonly slots = new Slots(SCRIPTS_AT_ONCE);
  #acceptNewHostKeys = false;
  #resolved: Promise<Readonly<ResolvedAddress & { controlPath: string }>> | undefined;
  #opening: Opening | undefined;
  #failed: { readonly failure: SshFailure; readonly until: number } | undefined;
  /** Undefined: not open, as far as is known. */
  #usedAt: number | undefined;
  #sessions = 0;

  private constructor(address: HostAddress) {
    this.address = address;
  }

  /** The same object for the same address. @throws UsageError for what is no address */
  static of(address: HostAddress, { acceptNewHostKeys = false }: SshOptions = {}): SshConnection {
    const key = formatSshHost(checkAddress(address, 'host'));
    const connection = connections.get(key) ?? new SshConnection(address);
    connections.set(key, connection);
    // Once it was said for a host, it holds for whoever reaches that host in this process.
    connection.#acceptNewHostKeys ||= acceptNewHostKeys;
    return connection;
  }

  /** @throws SshFailure, InvalidStateError */
  async resolve(): Promise<ResolvedAddress> {
    return this.#resolve();
  }

  async #resolve(): Promise<ResolvedAddress & { readonly controlPath: string }> {
    this.#resolved ??= resolveAddress(this.address).then(async (resolved) => ({
      ...resolved,
      controlPath: await controlPath(resolved.fingerprint),
    }));
    return this.#resolved;
  }

  /**
   * Logs in, unless that is done. Several who wait share one login; when the last of them gives up, it is ended.
   *
   * @throws SshFailure; the signal's reason
   */
  async ready(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#usedAt !== undefined && (this.#sessions > 0 || performance.now() - this.#usedAt < FRESH_MS)) return;
    if (this.#failed && performance.now() < this.#failed.until) throw this.#failed.failure;
    this.#opening ??= new Opening(async (ended) => this.#logIn(ended));
    const opening = this.#opening;
    try {
      await opening.wait(signal);
    } finally {
      if (this.#opening === opening && (opening.isOver || opening.isAbandoned)) this.#opening = undefined;
    }
  }

  async #logIn(ended: AbortSignal): Promise<void> {
    try {
      const resolved = await this.#resolve();
      ended.throwIfAborted();
      await this.#tryLogin(resolved, ended).catch(async (error: unknown) => {
        // A kept connection to a machine that has rebooted breaks by being used; a new one is another matter.
        if (!(error instanceof SshFailure && error.kind === 'lost')) throw error;
        await this.#tryLogin(resolved, ended);
      });
      this.#usedAt = performance.now();
      this.#failed = undefined;
    } catch (error) {
      if (error instanceof SshFailure) {
        const time = REFUSALS.has(error.kind) ? REMEMBER_MS.refusal : REMEMBER_MS.network;
        this.#failed = { failure: error, until: performance.now() + time };
        this.#resolved = undefined;
      }
      throw error;
    }
  }

  async #tryLogin(to: ResolvedAddress & { readonly controlPath: string }, ended: AbortSignal): Promise<void> {
    const child = await this.#spawn(['exit 0'], { master: 'auto', stdio: ['ignore', 'pipe', 'pipe'] });
    let isLate = false;
    const end = (): void => void child.kill();
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, LOGIN_LIMIT_MS);
    ended.addEventListener('abort', end, { once: true });
    try {
      const { status, stdout, stderr } = await endOf(child);
      if (status === 0) return;
      ended.throwIfAborted();
      if (isLate) throw explainSsh('Connection timed out', to);
      if (status === 255 || status === null) throw explainSsh(stderr, to);
      throw new SshFailure(
        'no-login',
        `the user "${to.user}" may not run commands there: ${lastLine(stdout) || lastLine(stderr) || `status ${status}`}`,
        'log in as another user, or give that one a shell',
      );
    } finally {
      clearTimeout(timer);
      ended.removeEventListener('abort', end);
    }
  }

  /**
   * Starts a command on the machine; call `ready` first. With pipes it is in a process group of its own, so that a Ctrl-C does
   * not cut off what we still have to say to the machine.
   *
   * @param command words that the login shell there reads as one line
   */
  async start(command: readonly string[], { stdio, tty = false, quiet = false }: StartOptions): Promise<ChildProcess> {
    const child = await this.#spawn(command, { master: 'no', stdio, tty, quiet });
    this.#sessions += 1;
    this.#usedAt ??= performance.now();
    child.once('exit', (status) => {
      this.#sessions -= 1;
      // 255 may be ssh itself: then the connection is looked at before it is used again.
      this.#usedAt = status === 255 ? undefined : this.#usedAt && performance.now();
    });
    return child;
  }

  /**
   * The next session logs in anew: groups that the user was given meanwhile hold for it. Those that run go on, those of other
   * processes of ours too.
   */
  async renew(): Promise<void> {
    const { controlPath: path } = await this.#resolve();
    // `stop`: the master takes no more sessions, and ends with its last one. There may be none.
    const child = spawn('ssh', stopArgv(this.address, path), { stdio: 'ignore' });
    await new Promise<void>((resolve, reject) => {
      child.once('close', () => resolve());
      child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? noSsh() : error));
    });
    this.#usedAt = undefined;
  }

  async #spawn(
    command: readonly string[],
    { master, stdio, tty = false, quiet = false }: StartOptions & { readonly master: 'auto' | 'no' },
  ): Promise<ChildProcess> {
    const { controlPath: path } = await this.#resolve();
    const argv = sshArgv({
      address: this.address,
      controlPath: path,
      master,
      acceptNewHostKeys: this.#acceptNewHostKeys,
      tty,
      quiet,
      command,
    });
    const isAttached = stdio === 'inherit';
    const child = spawn('ssh', argv, {
      stdio,
      detached: !isAttached,
      // Messages of ssh, and where the server takes the language over, those of the programs there, as we read them.
      env: isAttached ? process.env : { ...process.env, LC_ALL: 'C' },
    });
    return new Promise((resolve, reject) => {
      child.once('spawn', () => resolve(child));
      child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? noSsh() : error));
    });
  }
}

export interface StartOptions {
  readonly stdio: StdioOptions;
  readonly tty?: boolean;
  /** Standard error is the program's alone. */
  readonly quiet?: boolean;
}
