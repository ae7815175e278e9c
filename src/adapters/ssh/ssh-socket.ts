import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

import type { ResolvedAddress } from './resolve-address.ts';
import { explainDial } from './remote-failure.ts';
import type { SshConnection } from './ssh-connection.ts';
import { closePipes } from './ssh-login.ts';

/** The program that joins its standard input and output with the engine's socket; in every Docker since 18.09. */
const DIAL = ['docker', 'system', 'dial-stdio'] as const;
const KEPT_STDERR = 16_384;

/**
 * A connection to the engine of another machine, as an http.Agent takes it: `docker system dial-stdio` over ssh. It exists at
 * once and logs in afterwards, because an agent counts only connections that it has.
 *
 * Fails with SshFailure when ssh or the program there ends without having been asked to.
 */
export class SshSocket extends Duplex {
  /** What net.Socket has, and http.Agent compares. */
  timeout = 0;
  readonly #connection: SshConnection;
  readonly #ended = new AbortController();
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isIdle = false;

  constructor(connection: SshConnection) {
    super({ allowHalfOpen: false });
    this.#connection = connection;
  }

  override _construct(callback: (error?: Error) => void): void {
    void this.#construct(callback);
  }

  async #construct(callback: (error?: Error) => void): Promise<void> {
    let failure: Error | undefined;
    try {
      await this.#dial();
    } catch (error) {
      failure = error as Error;
    }
    callback(failure);
  }

  async #dial(): Promise<void> {
    const { signal } = this.#ended;
    await this.#connection.ready(signal);
    const to = await this.#connection.resolve();
    signal.throwIfAborted();
    const child = await this.#connection.start(DIAL, { stdio: 'pipe' });
    this.#child = child;
    this.#listen(child, to);
    if (this.#isIdle) this.unref();
    signal.throwIfAborted();
  }

  #listen(child: ChildProcess, to: ResolvedAddress): void {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT_STDERR)));
    child.stdout?.on('data', (bytes: Buffer) => {
      this.#touch();
      if (!this.push(bytes)) child.stdout?.pause();
    });
    // Why a pipe is broken is known when the program has ended.
    child.stdin?.on('error', () => {});
    child.once('close', (status: number | null) => {
      if (this.destroyed) return;
      if (status === 0) {
        this.push(null);
        // Nobody reads one that is idle, and its end would go unseen. Source: Node's lib/net.js does the same.
        this.read(0);
      } else this.destroy(explainDial(status, stderr, to));
    });
  }

  override _read(): void {
    this.#child?.stdout?.resume();
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#touch();
    this.#child?.stdin?.write(bytes, encoding, (error) => {
      if (!error) callback();
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    // Not waited for: a pipe that is closed meanwhile never says that it has taken everything.
    this.#child?.stdin?.end();
    callback();
  }

  override destroy(error?: Error): this {
    // Before the stream's own: it waits for the login.
    this.#ended.abort(error ?? new Error('closed'));
    return super.destroy(error);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (this.#child) {
      this.#child.kill();
      closePipes(this.#child);
    }
    callback(error);
  }

  /** 0 takes the listener away again, as net.Socket does. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.timeout = milliseconds;
    if (listener && milliseconds === 0) this.removeListener('timeout', listener);
    else if (listener) this.once('timeout', listener);
    this.#touch();
    return this;
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.timeout > 0) this.#timer = setTimeout(() => this.emit('timeout'), this.timeout).unref();
  }

  /** ssh keeps the connection alive itself. */
  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    this.#isIdle = false;
    for (const part of this.#parts()) part.ref();
    return this;
  }

  /** Does not keep this process: it is idle. When the process ends, so does the other end of the pipes. */
  unref(): this {
    this.#isIdle = true;
    for (const part of this.#parts()) part.unref();
    return this;
  }

  #parts(): readonly { ref(): unknown; unref(): unknown }[] {
    const child = this.#child;
    // A child's pipes are sockets. Source: Node's lib/internal/child_process.js, createSocket.
    return child
      ? [child, child.stdin as Socket, child.stdout as unknown as Socket, child.stderr as unknown as Socket]
      : [];
  }
}
