import type { JobCost } from '../../jobs/job-cost.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import type { JobContext } from './job-context.ts';
import { readJobCosts } from './job-cost.ts';

export interface JobInfo {
  readonly view: JobView;
  /** Its folder, absolute. */
  readonly directory: string;
  /** Where that is: `the master of "spark"`. */
  readonly place: string;
  /** What Spark's event logs say of its applications, the oldest first; none without a log. */
  readonly applications: readonly JobCost[];
}

/** @throws UnreachableError */
export async function readJobInfo(context: JobContext, view: JobView): Promise<JobInfo> {
  const { shell, events, signal } = context;
  const applications =
    view.spec.type === 'spark' ? await readJobCosts({ ...events, signal }, { jobId: view.spec.id }) : [];
  return { view, directory: `${shell.base}/${view.folder}`, place: shell.place, applications };
}
