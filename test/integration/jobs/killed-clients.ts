import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ExecutionContext } from 'ava';

import { LABELS } from '../../../src/labels.ts';
import type { TestCluster } from '../../helpers/cluster.ts';
import { DockerProxy } from '../../helpers/docker-proxy.ts';
import { LaunchFaults, type LaunchMoment } from '../../helpers/launch-faults.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { list, type ListedJob } from './launched.ts';

/** The requests of a launch: the upload, then create, start and result of the program that launches. */
const MOMENTS: readonly LaunchMoment[] = [
  { request: 1, moment: 'after' },
  { request: 2, moment: 'before' },
  { request: 2, moment: 'after' },
  { request: 3, moment: 'before' },
  { request: 3, moment: 'after' },
  { request: 4, moment: 'before' },
  { request: 4, moment: 'after' },
  { request: 1, moment: 'reply-lost' },
  { request: 3, moment: 'reply-lost' },
  { request: 4, moment: 'reply-lost' },
];

/** Of a Spark job: while it is uploaded, a program looks whether its driver has room. Create, start and result of it, too. */
const CHECK_REQUESTS = 3;

const INTERRUPTED = new Set(['PENDING uploading', 'FAILED upload interrupted']);
const LOST = 'DONEWITHERROR lost: the machine or container was restarted';

export interface KilledClients {
  /** So many of the ten, beginning with the last, are Spark's: as many drivers as have room. */
  readonly spark: number;
  readonly restart: () => Promise<unknown>;
}

/**
 * Ten jobs whose clients are killed, or whose replies are lost, at ten moments of their launch; then the place is restarted.
 * Each is listed, and none has run twice.
 */
export async function killClients(
  t: ExecutionContext,
  cluster: TestCluster,
  { spark, restart }: KilledClients,
): Promise<void> {
  t.timeout(1_800_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-killed-'));
  const faults = new LaunchFaults();
  const proxies = cluster.place.nodes.map(
    ({ hostname, socket }, index) =>
      new DockerProxy({ name: hostname, socket }, path.join(folder, `${index}.sock`), faults),
  );
  const seen: string[] = [];
  const ids = MOMENTS.map((_, index) => `c0ffee0000${index}${index}`);
  try {
    await Promise.all(proxies.map(async (proxy) => proxy.start()));
    await leadTo(cluster, (index) => proxies[index]?.socket ?? '');
    for (const [index, { request, moment }] of MOMENTS.entries()) {
      const isSpark = index >= MOMENTS.length - spark;
      const due = { moment, request: isSpark && request > 1 ? request + CHECK_REQUESTS : request };
      const words = await makeJob(folder, ids[index] ?? '', isSpark);
      const env = { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${proxies[0]?.socket}` };
      const client = cluster.place.start('bin/job', ['run', '--name', cluster.name, ...words], { env });
      faults.expect({ ...due, kill: () => client.kill('SIGKILL') });
      const { signal, stderr } = await client.ended;
      t.is(signal, due.moment === 'reply-lost' ? null : 'SIGKILL', `${due.moment} ${due.request}: ${stderr}`);
      t.true(faults.hasFired, faults.seen.join('\n'));
      seen.push(`${moment} ${due.request} of ${faults.seen.join(', ')}`);
    }
  } finally {
    await leadTo(cluster, (index) => cluster.place.nodes[index]?.socket ?? '');
    await Promise.all(proxies.map(async (proxy) => proxy[Symbol.asyncDispose]()));
    await rm(folder, { recursive: true });
  }
  const before = byId(await list(t, cluster));
  for (const id of ids)
    t.true(['RUNNING', 'PENDING', 'FAILED'].includes(before.get(id)?.state ?? ''), show(before, id));
  const running = ids.filter((id) => before.get(id)?.state === 'RUNNING');
  t.true(running.length >= 5, `${running.length} run:\n${seen.join('\n')}`);
  const readStarts = async (): Promise<readonly string[]> =>
    (await cluster.inside('master', 'cat /data/starts')).split('\n').toSorted();
  await waitFor('all that run to say so', {
    read: readStarts,
    until: (starts) => running.every((id) => starts.includes(id)),
    limitMs: 600_000,
  });

  await restart();
  await cluster.waitUntilHealthy(300_000);
  const after = byId(await list(t, cluster));
  for (const id of ids) {
    if (running.includes(id)) t.is(show(after, id), LOST, id);
    else t.true(INTERRUPTED.has(show(after, id)), show(after, id));
  }
  t.deepEqual(await readStarts(), running, 'each has started once, and what was not launched has not');
}

/** Says on the cluster's own folder that it has started, and then lasts. @returns words of `job run` */
async function makeJob(folder: string, id: string, isSpark: boolean): Promise<readonly string[]> {
  const file = path.join(folder, isSpark ? `${id}.py` : `${id}.sh`);
  await writeFile(
    file,
    isSpark
      ? `import time\nfrom pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\nwith open("/data/starts", "a") as starts:\n    print("${id}", file=starts)\ntime.sleep(3600)\n`
      : `echo ${id} >>/data/starts; sleep 3600\n`,
  );
  return isSpark ? ['--id', id, '--driver-memory', '512m', file] : ['--type', 'shell', '--id', id, file];
}

/** Where the nodes' engines are said to be: on a swarm their labels say so. */
async function leadTo({ place, platform }: TestCluster, socketOf: (index: number) => string): Promise<void> {
  if (platform !== 'swarm') return;
  for (const [index, { hostname }] of place.nodes.entries())
    await place.docker('node', 'update', '--label-add', `${LABELS.nodeEngine}=unix://${socketOf(index)}`, hostname);
}

const byId = (jobs: readonly ListedJob[]): ReadonlyMap<string, ListedJob> => new Map(jobs.map((job) => [job.id, job]));

/** `STATE reason` */
function show(jobs: ReadonlyMap<string, ListedJob>, id: string): string {
  const job = jobs.get(id);
  return job ? `${job.state} ${job.reason}`.trim() : `${id} is not listed`;
}
