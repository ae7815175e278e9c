import { openJobTools } from '../adapters/jobs/job-tools.ts';
import { planJob, type JobPlan } from '../jobs/job-plan.ts';
import type { JobWish } from '../jobs/job-wish.ts';
import type { CliContext } from './context.ts';

/** Checks a wish against this machine. Nothing has been connected to yet. @throws UsageError, ConfigError */
export async function planTypedJob({ cwd, env }: CliContext, wish: JobWish, cluster: string): Promise<JobPlan> {
  return planJob(wish, await openJobTools({ cwd, env, cluster }));
}
