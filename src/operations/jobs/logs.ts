import type { Writable } from 'node:stream';

import type { Report } from '../../events.ts';
import { offsetsWords, readOffsets, type StreamOffset } from '../../jobs/follow.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { formatBytes } from '../../units.ts';
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
  const { shell, scripts, report, signal } = context;
  const words = offsetsWords(shell.base, job.folder, options.tail ?? 'all');
  const { stdout, stderr } = readOffsets((await shell.run(scripts.offsets, words, { signal })).stdout);
  if (options.stdout) noteGone('standard output', stdout, report);
  if (options.stderr) noteGone('standard error', stderr, report);
  await followJob(context, job, {
    stdout: options.stdout && { output: options.stdout, offset: stdout.start },
    stderr: options.stderr && { output: options.stderr, offset: stderr.start },
    follow: options.follow,
    upTo: { stdout: stdout.size, stderr: stderr.size },
  });
}

/** Where what was asked for begins with what is left. */
function noteGone(stream: string, { start, gone }: StreamOffset, report: Report): void {
  if (gone === 0 || start > gone) return;
  report({
    type: 'note',
    message: `the first ${formatBytes(gone)} of its ${stream} are gone: --max-output keeps the last`,
  });
}
