import { once } from 'node:events';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { text as readText } from 'node:stream/consumers';

import { EngineError, NotFoundError, UnreachableError } from '../../errors.ts';
import type { EngineApi } from './engine-api.ts';

export interface ExecOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
  readonly signal?: AbortSignal;
}

/** What an engine may take beyond the grace: to kill, and to answer while it is busy. */
const STOP_MARGIN_SECONDS = 30;
/** What is read is short: a program that takes longer hangs. */
const READ_TIMEOUT_MS = 30_000;

/** One container on one engine: what is done inside it, and its end. */
export class Container {
  readonly api: EngineApi;
  readonly id: string;

  constructor(api: EngineApi, id: string) {
    this.api = api;
    this.id = id;
  }

  /**
   * Runs a program in the container and streams its output.
   *
   * @returns the program's exit status
   * @throws InterruptedError when the signal is aborted; the program itself goes on: end it with another `exec`
   */
  async exec(argv: readonly string[], options: ExecOptions): Promise<number> {
    const { Id: execId } = await this.api.post<{ readonly Id: string }>(`/containers/${this.id}/exec`, {
      body: {
        AttachStdout: true,
        AttachStderr: true,
        Cmd: argv,
        ...(options.env ? { Env: options.env } : {}),
        ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
        ...(options.user === undefined ? {} : { User: options.user }),
      },
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const output = await this.api.open('POST', `/exec/${execId}/start`, {
      body: { Detach: false, Tty: false },
      timeoutMs: 0,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    await demultiplex(output, options.stdout, options.stderr).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw error;
    });
    const { ExitCode: status } = await this.api.get<{ readonly ExitCode: number | null }>(`/exec/${execId}/json`);
    return status ?? 255;
  }

  /**
   * What a short program prints, with its exit status.
   *
   * @throws UnreachableError when it has not ended after `timeoutMs`; the program itself goes on
   */
  async read(argv: readonly string[], options: ReadOptions = {}): Promise<ExecResult> {
    const { timeoutMs = READ_TIMEOUT_MS } = options;
    const limit = new AbortController();
    const timer = setTimeout(
      () =>
        limit.abort(
          new UnreachableError(
            `The program ${argv[0]} in the container ${this.id.slice(0, 12)} at ${this.api.name} did not end within ${timeoutMs / 1000} s`,
          ),
        ),
      timeoutMs,
    );
    const signal = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const texts = Promise.all([readText(stdout), readText(stderr)]);
    const status = await this.exec(argv, { ...options, stdout, stderr, signal }).finally(() => {
      clearTimeout(timer);
      stdout.end();
      stderr.end();
    });
    const [out, err] = await texts;
    return { status, stdout: out, stderr: err };
  }

  /** Unpacks a tar archive below a folder of the container. */
  async copyIn(archive: Readable, folder: string): Promise<void> {
    const response = await this.api.open('PUT', `/containers/${this.id}/archive`, {
      query: { path: folder },
      stream: archive,
      contentType: 'application/x-tar',
      timeoutMs: 0,
    });
    await finished(response.resume());
  }

  /** Sends a signal to the container's first process. */
  async kill(signal: string): Promise<void> {
    await this.api.post(`/containers/${this.id}/kill`, { query: { signal } });
  }

  /** Stops and removes the container with its anonymous volumes; one that is gone already is no error. */
  async stopAndRemove(graceSeconds: number): Promise<void> {
    await this.stop(graceSeconds);
    await this.killAndRemove();
  }

  /** Removes the container with its anonymous volumes, and asks nothing inside: a quarter of the time of a stop. */
  async killAndRemove({ volumes = true }: { readonly volumes?: boolean } = {}): Promise<void> {
    await ignoreGone(this.api.delete(`/containers/${this.id}`, { query: { force: true, v: volumes } }));
  }

  /** Ends the container's program and starts it again, with the same name and volumes. */
  async restart(graceSeconds: number): Promise<void> {
    const timeoutMs = (graceSeconds + STOP_MARGIN_SECONDS) * 1000;
    await this.api.post(`/containers/${this.id}/restart`, { query: { t: graceSeconds }, timeoutMs });
  }

  async stop(graceSeconds: number): Promise<void> {
    const timeoutMs = (graceSeconds + STOP_MARGIN_SECONDS) * 1000;
    await ignoreGone(this.api.post(`/containers/${this.id}/stop`, { query: { t: graceSeconds }, timeoutMs }));
  }
}

export interface ReadOptions extends Omit<ExecOptions, 'stdout' | 'stderr'> {
  /** Default {@link READ_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Splits Docker's combined stream into standard output and standard error. The two are not ended.
 *
 * @throws UnreachableError when the connection is lost, and when a signal has ended it
 */
export async function demultiplex(output: Readable, stdout: Writable, stderr: Writable): Promise<void> {
  // Before anything else: the connection may be lost while the splitter is loaded.
  const ended = finished(output, { writable: false });
  ended.catch(() => {});
  // dockerode's own splitter; loaded here, because only what streams needs it.
  const { default: Docker } = await import('dockerode');
  new Docker({ host: undefined, socketPath: '/nonexistent' }).modem.demuxStream(output, stdout, stderr);
  // It writes and never waits: a slow reader would fill the memory.
  output.on('data', () => {
    const full = [stdout, stderr].filter((writer) => writer.writableNeedDrain);
    if (full.length === 0) return;
    output.pause();
    void Promise.all(full.map(waitForDrain)).then(() => output.resume());
  });
  try {
    await ended;
  } catch (error) {
    // The api has named the engine already; what was seen is in the cause.
    const seen = error instanceof UnreachableError && error.cause instanceof Error ? error.cause : (error as Error);
    throw new UnreachableError(`The connection to the Docker engine was lost: ${seen.message}`, {
      cause: error,
      hint: 'run the same command again',
    });
  }
}

/** Until the writer takes more, or is closed. */
async function waitForDrain(writer: Writable): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  await Promise.race([once(writer, 'drain', { signal }), once(writer, 'close', { signal })]).catch(() => {});
  controller.abort();
}

/** 404: gone. 409: being removed by somebody else at this moment. */
async function ignoreGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const isGone = error instanceof NotFoundError || (error instanceof EngineError && error.statusCode === 409);
    if (!isGone) throw error;
  }
}
