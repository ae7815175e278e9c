import type { ApplicationPage } from '../spark/application-page.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import { TOO_SMALL_BYTES } from './judge-executors.ts';

/**
 * Whether the master's own pages give a reason to look into containers, which costs a program in each of them: it has no
 * core, it can have no executor, or executors of it have ended by themselves.
 *
 * @param page `undefined` when the master did not give it
 */
export function needsLook(application: SparkApplication, page: ApplicationPage | undefined): boolean {
  const ended = page?.executors.some(({ state }) => state === 'EXITED' || state === 'FAILED' || state === 'LOST');
  return application.cores === 0 || application.memoryPerExecutorBytes < TOO_SMALL_BYTES || ended === true;
}
