import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import type { JobView } from '../../jobs/judge-snapshot.ts';
import { followJob } from './follow.ts';
import type { JobContext } from './job-context.ts';
import { findApplicationIds } from './job-cost.ts';

/** What is known of a job, for whoever looks for the cause of its trouble. */
export interface JobEvidence {
  readonly jobStatus: JobView;
  /** The end of what it printed: 64 KiB at most of each, `''` where there is nothing. */
  readonly stdoutTail: string;
  readonly stderrTail: string;
  /** The last one, by the event logs; `undefined` when none of them names the job. */
  readonly applicationId: string | undefined;
}

const TAIL_BYTES = 64 * 1024;

/** @throws UnreachableError */
export async function readJobEvidence(context: JobContext, job: JobView): Promise<JobEvidence> {
  const [tails, ids] = await Promise.all([
    readTails(context, job),
    findApplicationIds({ ...context.events, signal: context.signal }, job.spec.id).catch(() => []),
  ]);
  return { jobStatus: job, ...tails, applicationId: ids.at(-1) };
}

async function readTails(context: JobContext, job: JobView): Promise<Pick<JobEvidence, 'stdoutTail' | 'stderrTail'>> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([readText(stdout), readText(stderr)]);
  await followJob(context, job, {
    stdout: { output: stdout, offset: Math.max(0, job.bytes.stdout - TAIL_BYTES) },
    stderr: { output: stderr, offset: Math.max(0, job.bytes.stderr - TAIL_BYTES) },
    follow: false,
    // A job that prints without an end is read no further than it had come.
    upTo: job.bytes,
  }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [stdoutTail, stderrTail] = await texts;
  return { stdoutTail, stderrTail };
}
