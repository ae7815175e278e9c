import { PassThrough, type Readable } from 'node:stream';

import { EngineError } from '../../errors.ts';
import { assertWholeRecord, exportWords, runAgainWords } from '../../jobs/capsule.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import type { JobContext } from './job-context.ts';

const KEPT_STDERR = 1000;

/** What takes a tar.gz to its end. */
export type CapsuleReceiver<T> = (archive: Readable) => Promise<T>;

/**
 * Streams the whole record of a job that has ended, with what it printed and wrote.
 *
 * @param about what the record itself does not say; becomes `capsule.json`
 * @throws InvalidStateError for a job that has not ended; EngineError; UnreachableError; what `receive` fails with
 */
export async function exportJob<T>(
  context: JobContext,
  job: JobView,
  { about, receive }: { readonly about: object; readonly receive: CapsuleReceiver<T> },
): Promise<T> {
  assertWholeRecord(job);
  return stream(context, job, { words: exportWords(context.shell.base, job, JSON.stringify(about, null, 2)), receive });
}

/** The same of what is enough to run the job once more. @throws as {@link exportJob} */
export async function fetchCapsule<T>(context: JobContext, job: JobView, receive: CapsuleReceiver<T>): Promise<T> {
  assertWholeRecord(job);
  return stream(context, job, { words: runAgainWords(context.shell.base, job), receive });
}

async function stream<T>(
  { shell, scripts, signal }: JobContext,
  { spec }: JobView,
  { words, receive }: { readonly words: readonly string[]; readonly receive: CapsuleReceiver<T> },
): Promise<T> {
  const archive = new PassThrough();
  // Whoever receives it may have gone already.
  archive.on('error', () => {});
  const said = new PassThrough();
  let problem = '';
  said.setEncoding('utf8').on('data', (text: string) => (problem = (problem + text).slice(-KEPT_STDERR)));
  const stop = new AbortController();
  // The first says what happened; whoever is at the other end is only cut off by it.
  const errors: unknown[] = [];
  const fail = (error: unknown): undefined => {
    errors.push(error);
    stop.abort(error);
    archive.destroy(error as Error);
  };
  const sending = async (): Promise<void> => {
    const ends = { stdout: archive, stderr: said, signal: AbortSignal.any([signal, stop.signal]) };
    const status = await shell.stream(scripts.export, words, ends);
    if (status === 0) archive.end();
    else {
      const lines = problem.trim().split('\n');
      // tar's last line says only that there was another one.
      const seen = lines.findLast((line) => !line.startsWith('tar: Exiting')) || `tar ended with ${status}`;
      throw new EngineError(`Cannot read the record of the job ${spec.id} in ${shell.place}: ${seen}`, 500);
    }
  };
  const [received] = await Promise.all([receive(archive).catch(fail), sending().catch(fail)]);
  if (errors.length > 0) throw errors[0];
  return received as T;
}
