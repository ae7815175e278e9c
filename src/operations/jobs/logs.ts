import type { Writable } from 'node:stream';

import { offsetsWords, readOffsets } from '../../jobs/follow.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { followJob } from './follow.ts';
import type { JobContext } from './job-context.ts';

export interface JobLogOptions {
  /** Where each of the two goes; `undefined` leaves it out. */
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly follow: boolean;
  /** Lines from the end, of each; `undefined` for all. */
  readonly tail: number | undefined;
}

/** Streams what a job has printed, and with `follow` what it prints until its end. @throws UnreachableError */
export async function streamJobLogs(context: JobContext, job: JobView, options: JobLogOptions): Promise<void> {
  const { shell, scripts, signal } = context;
  const words = offsetsWords(shell.base, job.folder, options.tail ?? 'all');
  const { stdout, stderr } = readOffsets((await shell.run(scripts.offsets, words, { signal })).stdout);
  await followJob(context, job, {
    stdout: options.stdout && { output: options.stdout, offset: stdout.start },
    stderr: options.stderr && { output: options.stderr, offset: stderr.start },
    follow: options.follow,
    upTo: { stdout: stdout.size, stderr: stderr.size },
  });
}
