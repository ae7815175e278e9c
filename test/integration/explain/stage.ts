import type { ExecutionContext } from 'ava';

import type { Finding } from '../../../src/doctor/finding.ts';
import type { Explanation } from '../../../src/operations/explain.ts';
import type { TestCluster } from '../../helpers/cluster.ts';
import type { Outcome, RunningCommand } from '../../helpers/lab-command.ts';
import { waitFor } from '../../helpers/wait-for.ts';

export const TROUBLES = 'test/jobs/troubles.py';
/** Drivers are small, so that two fit beside the master. */
export const SMALL_DRIVER = ['--driver-memory', '512m'];
/** An application outlives all that is waited for meanwhile. */
const LIMIT = { limitMs: 900_000 };

/** What `explain -o json` says now, with its exit status. */
export async function explain(cluster: TestCluster): Promise<Explanation & { readonly exitStatus: number | null }> {
  const { stdout, stderr, status } = await cluster.command('explain', '-o', 'json');
  if (stdout.trim() === '') throw new Error(`explain printed nothing and ended with ${status}: ${stderr}`);
  return { ...(JSON.parse(stdout) as Explanation), exitStatus: status };
}

export function allFindings({ findings, applications }: Explanation): readonly Finding[] {
  return [...findings, ...applications.flatMap((app) => app.findings)];
}

/** Asks until a finding with this id is there, with this in its proof: a page of Spark's may be silent for once. */
export async function waitForFinding(cluster: TestCluster, id: string, proof = ''): Promise<Finding> {
  const found = await waitFor(`the finding ${id} ${proof}`, {
    read: async () =>
      allFindings(await explain(cluster)).find((finding) => finding.id === id && finding.proof.includes(proof)),
    until: (finding) => finding !== undefined,
    limitMs: 240_000,
  });
  return found!;
}

/** Starts an application that troubles keep from working, and ends it when `look` has looked. */
export async function whileRunning(
  cluster: TestCluster,
  words: readonly string[],
  look: (run: RunningCommand) => Promise<void>,
): Promise<Outcome> {
  const run = cluster.startSubmit([...SMALL_DRIVER, ...words], LIMIT);
  try {
    await look(run);
  } finally {
    run.kill('SIGINT');
  }
  return run.ended;
}

/** Runs one that fails by itself, and gives what `explain JOB` and `submit` say of it. */
export async function afterFailure(
  t: ExecutionContext,
  cluster: TestCluster,
  words: readonly string[],
): Promise<{ readonly findings: readonly Finding[]; readonly stderr: string; readonly jobId: string }> {
  const { status, stderr } = await cluster.submit([...SMALL_DRIVER, ...words], LIMIT);
  t.not(status, 0);
  const jobId = await newestJob(cluster);
  const explained = await cluster.command('explain', jobId, '-o', 'json');
  if (explained.status !== 1) t.log(explained.stdout, await logsOf(cluster, jobId));
  t.is(explained.status, 1, explained.stderr);
  return { findings: (JSON.parse(explained.stdout) as { findings: readonly Finding[] }).findings, stderr, jobId };
}

/** What a job has printed, for whoever reads why a test failed. */
async function logsOf(cluster: TestCluster, jobId: string): Promise<string> {
  const { stdout, stderr } = await cluster.place.run('bin/spark-swarm', ['job', 'logs', jobId, '--name', cluster.name]);
  return `${stdout}${stderr}`;
}

/** The finding, with what is the same in all of one kind. */
export function pick(findings: readonly Finding[], id: string): Finding {
  const found = findings.find((finding) => finding.id === id);
  if (!found) throw new Error(`no ${id} in ${JSON.stringify(findings, undefined, 2)}`);
  return found;
}

/** Id of the job that was started last. */
export async function newestJob(cluster: TestCluster): Promise<string> {
  const words = ['job', 'list', '--name', cluster.name, '-o', 'json'];
  const { stdout, stderr, status } = await cluster.place.run('bin/spark-swarm', words);
  if (status !== 0) throw new Error(`job list ended with ${status}: ${stderr}`);
  const [newest] = (JSON.parse(stdout) as { readonly jobs: readonly { readonly id: string }[] }).jobs;
  if (!newest) throw new Error('there is no job');
  return newest.id;
}
