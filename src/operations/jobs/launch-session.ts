import type { Writable } from 'node:stream';

import { UnreachableError } from '../../errors.ts';
import type { SubmitScripts } from '../../jobs/job-scripts.ts';
import type { ShellResult } from '../../jobs/job-shell.ts';
import { CountingWriter, flush, type FollowedStream } from './counting-writer.ts';
import type { JobContext } from './job-context.ts';

/** As long as a launch by itself may take. */
const ANSWER_LIMIT_MS = 60_000;

function unanswered(place: string): UnreachableError {
  return new UnreachableError(`Cannot launch in ${place}: there was no answer within ${ANSWER_LIMIT_MS / 1000} s`);
}

/**
 * Launches a job and follows it in one remote program, whose first line is the launch's answer: a program less to be
 * started, and to be waited for. What is cut is gone on with by others: what has come is counted.
 */
export class LaunchSession {
  readonly #context: JobContext & { readonly submitScripts: SubmitScripts };
  readonly #stdout: AnswerWriter;
  readonly #stderr: CountingWriter;
  readonly #outputs: { readonly stdout: Writable; readonly stderr: Writable };
  #running: Promise<number | undefined> = Promise.resolve(undefined);

  constructor(
    context: JobContext & { readonly submitScripts: SubmitScripts },
    outputs: { readonly stdout: Writable; readonly stderr: Writable },
  ) {
    this.#context = context;
    this.#outputs = outputs;
    this.#stdout = new AnswerWriter({ output: outputs.stdout, offset: 0 });
    this.#stderr = new CountingWriter({ output: outputs.stderr, offset: 0 });
  }

  /** Where others go on. */
  get stdout(): FollowedStream {
    return { output: this.#outputs.stdout, offset: this.#stdout.position };
  }

  get stderr(): FollowedStream {
    return { output: this.#outputs.stderr, offset: this.#stderr.position };
  }

  /** @param words those of the launch @returns what it said @throws UnreachableError, and nothing has been said then */
  async start(words: readonly string[]): Promise<ShellResult> {
    const { shell, scripts, submitScripts, signal } = this.#context;
    const [stdout, stderr] = [this.#stdout, this.#stderr];
    // The beginning of an answer that was cut off is not that of the next one.
    stdout.forget();
    const own = new AbortController();
    const all = [scripts.launch, scripts.follow, ...words];
    const running = shell.stream(submitScripts.start, all, {
      stdout,
      stderr,
      signal: AbortSignal.any([signal, own.signal]),
    });
    this.#running = running.catch((error: unknown) => {
      if (!(error instanceof UnreachableError)) throw error;
      return undefined;
    });
    // Waited for when the job is known to run.
    this.#running.catch(() => {});
    // What is lost before the first line is this one's; afterwards it is for whoever waits for the end.
    const timer = setTimeout(() => own.abort(unanswered(shell.place)), ANSWER_LIMIT_MS);
    const status = await Promise.race([running, this.#stdout.answered.then(() => 0)])
      .catch((error: unknown) => {
        if (this.#stdout.answer === undefined) throw error;
        return 0;
      })
      .finally(() => clearTimeout(timer));
    return { status, stdout: this.#stdout.answer ?? '', stderr: '' };
  }

  /** Returns when the program is over. True: this very job was started, and its record says that it has succeeded. */
  async ended(): Promise<boolean> {
    const status = await this.#running;
    await flush(this.#stdout, this.#stderr);
    return status === 0 && (this.#stdout.answer?.startsWith('started ') ?? false);
  }
}

/** Keeps the first line, and passes the rest on. */
class AnswerWriter extends CountingWriter {
  answer: string | undefined;
  readonly answered: Promise<void>;
  #resolve: () => void = () => {};
  #begin = Buffer.alloc(0);

  constructor(stream: FollowedStream) {
    super(stream);
    this.answered = new Promise((resolve) => (this.#resolve = resolve));
  }

  forget(): void {
    if (this.answer === undefined) this.#begin = Buffer.alloc(0);
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (this.answer !== undefined) return super._write(chunk, encoding, done);
    this.#begin = Buffer.concat([this.#begin, chunk]);
    const end = this.#begin.indexOf('\n');
    if (end < 0) return done();
    this.answer = this.#begin.subarray(0, end).toString();
    this.#resolve();
    const rest = this.#begin.subarray(end + 1);
    if (rest.length === 0) done();
    else super._write(rest, encoding, done);
  }
}
