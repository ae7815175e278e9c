import type { ExecutionContext } from 'ava';

import type { TestCluster } from '../../helpers/cluster.ts';
import type { RunningCommand } from '../../helpers/lab-command.ts';
import { waitFor } from '../../helpers/wait-for.ts';

/** One job in `-o json`. */
export interface ListedJob {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly exitCode: number | null;
  readonly process: string | null;
  readonly driver: string;
}

/** Starts a job that has to start. @returns its id */
export async function run(t: ExecutionContext, cluster: TestCluster, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await job(cluster, 'run', ...words);
  t.is(status, 0, stderr);
  t.regex(stdout, /^[0-9a-f]{12}\n$/);
  return stdout.trim();
}

/** `job VERB --name CLUSTER …` */
export async function job(
  cluster: TestCluster,
  verb: string,
  ...words: readonly string[]
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  return cluster.place.run('bin/job', [verb, '--name', cluster.name, ...words]);
}

export async function list(t: ExecutionContext, cluster: TestCluster): Promise<readonly ListedJob[]> {
  const { status, stdout, stderr } = await job(cluster, 'list', '-o', 'json');
  t.is(status, 0, stderr);
  return (JSON.parse(stdout) as { readonly jobs: readonly ListedJob[] }).jobs;
}

/** `STATE`, or `STATE: reason`. */
export async function stateOf(t: ExecutionContext, cluster: TestCluster, id: string): Promise<string> {
  const { status, stdout, stderr } = await job(cluster, 'status', '-o', 'json', id);
  t.is(status, 0, stderr);
  const { state, reason } = (JSON.parse(stdout) as { readonly job: ListedJob }).job;
  return reason === '' ? state : `${state}: ${reason}`;
}

/** Processes of jobs that live in the master's container. */
export async function countProcesses(cluster: TestCluster): Promise<number> {
  const line = 'grep -la SPARK_SWARM_JOB_ID= /proc/[0-9]*/environ 2>/dev/null | grep -vc self || true';
  return Number(await cluster.inside('master', line));
}

/** `job wait`, when it waits. */
export async function startWait(
  cluster: TestCluster,
  id: string,
  ...flags: readonly string[]
): Promise<RunningCommand> {
  // The brackets keep this line from finding itself. What was interrupted before is still there, until the job ends.
  const line = `cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o '${id} [3]600' | wc -l`;
  const countWaits = async (): Promise<number> => Number(await cluster.inside('master', line));
  const before = await countWaits();
  const waiting = cluster.place.start('bin/job', ['wait', '--name', cluster.name, ...flags, id]);
  await waitFor('the wait to be there', { read: countWaits, until: (count) => count > before });
  return waiting;
}
