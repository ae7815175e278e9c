import { PassThrough, type Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { text as readText } from 'node:stream/consumers';

import { EngineError, NotFoundError } from '../../errors.ts';
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

  /** What a short program prints, with its exit status. */
  async read(argv: readonly string[], options: Omit<ExecOptions, 'stdout' | 'stderr'> = {}): Promise<ExecResult> {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const texts = Promise.all([readText(stdout), readText(stderr)]);
    const status = await this.exec(argv, { ...options, stdout, stderr }).finally(() => {
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
    await ignoreGone(this.api.delete(`/containers/${this.id}`, { query: { force: true, v: true } }));
  }

  async stop(graceSeconds: number): Promise<void> {
    const timeoutMs = (graceSeconds + STOP_MARGIN_SECONDS) * 1000;
    await ignoreGone(this.api.post(`/containers/${this.id}/stop`, { query: { t: graceSeconds }, timeoutMs }));
  }
}

export interface ExecResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Splits Docker's combined stream into standard output and standard error. The two are not ended. */
export async function demultiplex(output: Readable, stdout: Writable, stderr: Writable): Promise<void> {
  // dockerode's own splitter; loaded here, because only what streams needs it.
  const { default: Docker } = await import('dockerode');
  new Docker({ host: undefined, socketPath: '/nonexistent' }).modem.demuxStream(output, stdout, stderr);
  await finished(output, { writable: false });
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
