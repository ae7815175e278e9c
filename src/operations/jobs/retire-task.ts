import { failWords, readFail } from '../../jobs/fail.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { isUpload, jobFolder } from '../../jobs/launch.ts';
import type { JobContext } from './job-context.ts';

/**
 * Takes the service of a job away that has ended. What only Docker knew of its end is written into the record first: without its
 * service nobody could tell any more.
 *
 * @returns false when its wrapper lives yet, and nothing was done
 */
export async function retireTask(context: JobContext, view: JobView): Promise<boolean> {
  const { runner } = context;
  if (!runner) return true;
  // What is not a task's has no service, and what is written down needs nobody's word.
  const isWritten = view.spec.driver === 'master' || view.exitCode !== undefined || isUpload(view.folder);
  if (!isWritten && !(await recordFailure(context, view, view.reason))) return false;
  await runner.remove(view.spec.id);
  return true;
}

/** From now on the job is FAILED, and its wrapper starts nothing. @returns false when that runs */
export async function recordFailure(
  { shell, scripts, signal }: JobContext,
  { spec }: Pick<JobView, 'spec'>,
  reason: string,
): Promise<boolean> {
  const answer = readFail(await shell.run(scripts.fail, failWords(shell.base, jobFolder(spec), reason), { signal }));
  return answer !== 'busy';
}
