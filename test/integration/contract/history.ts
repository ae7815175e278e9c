import type { ExecutionContext } from 'ava';

import { readEventLogScript } from '../../../src/adapters/jobs/event-log-script.ts';
import { parseCleanedLogs, parseJobCosts, type JobCost } from '../../../src/jobs/job-cost.ts';
import { projectRoot } from '../../helpers/cli.ts';
import type { TestCluster } from '../../helpers/cluster.ts';
import { listObjectsNamed } from '../../helpers/docker-objects.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import type { Behaviour } from './behaviour.ts';

const EVENTS = '/var/lib/spark/jobs/events';
const JOB_ID = '0123456789ab';

interface Application {
  readonly id: string;
  readonly name: string;
  readonly attempts: readonly { readonly completed: boolean }[];
}

/** Of the cluster "past": event logs that outlive it, and the pages made of them. */
export const HISTORY: readonly Behaviour[] = [
  {
    title: 'an application leaves an event log, out of which its job and its cost are read',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      const { status, stderr, stdout } = await cluster.deploy('--workers', '1');
      t.is(status, 0, stderr);
      t.notRegex(stdout, /^history/m);
      // Without the engine of jobs, so that the id is one that this test knows.
      await cluster.inside(
        'master',
        `spark-submit --conf spark.swarm.jobId=${JOB_ID} $SPARK_HOME/examples/src/main/python/pi.py 3`,
      );
      const ids = (await readLogs(cluster, 'ids', 'job', JOB_ID)).split('\n').filter((id) => id !== '');
      const costs = parseJobCosts(await readLogs(cluster, 'costs', 'job', JOB_ID));
      t.deepEqual(
        costs.map(({ applicationId }) => applicationId),
        ids,
      );
      const cost = costs.at(-1);
      t.like(cost, {
        applicationName: 'PythonPi',
        jobId: JOB_ID,
        isWhole: true,
        jobs: { total: 1, failed: 0 },
        stages: { total: 1, failed: 0 },
        tasks: { total: 3, failed: 0 },
        failureReason: '',
      });
      t.true((cost?.durationMs ?? 0) > 0);
      t.true((cost?.peakHeapBytes ?? 0) > 10 * 1024 ** 2, 'an executor has a heap');
      t.true((cost?.taskTimeMs ?? 0) > 0);
      t.deepEqual(parseJobCosts(await readLogs(cluster, 'costs', 'application', ids.at(-1) ?? '')), [
        cost,
      ] as JobCost[]);
      t.is(await readLogs(cluster, 'ids', 'job', 'ba9876543210'), '');
    },
  },
  {
    title: 'a log that is cut in its middle still says what is before the cut',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      const [id = ''] = (await readLogs(cluster, 'ids', 'job', JOB_ID)).split('\n').slice(-1);
      const copy = `eventlog_v2_${id}_cut`;
      await cluster.inside(
        'master',
        `cd ${EVENTS} && mkdir ${copy} && head -c -100 eventlog_v2_${id}/events_1_${id}.zstd >${copy}/events_1_${id}_cut.zstd`,
      );
      const [whole, cut, ...others] = parseJobCosts(await readLogs(cluster, 'costs', 'application', id));
      t.deepEqual(others, []);
      t.true(whole?.isWhole);
      t.like(cut, { applicationId: id, applicationName: 'PythonPi', endedAt: undefined, isWhole: false });
      await cluster.inside('master', `rm -r ${EVENTS}/${copy}`);
    },
  },
  {
    title: 'a cluster without the volume, or whose volume nobody may write to, runs applications all the same',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      const { containerId, node } = await cluster.find('master');
      const { Config } = await node.api.get<{ readonly Config: { readonly Image: string } }>(
        `/containers/${containerId}/json`,
      );
      for (const mount of [[], ['--mount', 'type=tmpfs,target=/var/lib/spark/jobs,tmpfs-mode=0555']]) {
        const flags = ['--rm', '--read-only', '--tmpfs', '/run/spark:mode=1777', '--volume', '/tmp', ...mount];
        const words = ['grep', '-c', 'eventLog.enabled', '/run/spark/conf/spark-defaults.conf'];
        const { status, stdout, stderr } = await cluster.place.run(
          'docker',
          ['run', ...flags, Config.Image, ...words],
          {
            env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${node.socket}` },
          },
        );
        t.deepEqual([status, stdout.trim()], [1, '0'], stderr);
      }
    },
  },
  {
    title: 'after remove and deploy a finished application has its pages, and nothing that runs is touched for them',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      const id = (await readLogs(cluster, 'ids', 'job', JOB_ID)).split('\n').at(-1) ?? '';
      const removal = await cluster.remove();
      t.is(removal.status, 0, removal.stderr);
      t.regex(removal.stdout, /^Kept \(--volumes removes them\): .*past.*[-_]jobs/m);
      t.is((await cluster.deploy('--workers', '1')).status, 0);
      const none = await history(cluster, 'url');
      t.is(none.status, 1);
      t.is(
        none.stderr,
        `error: The cluster "${cluster.name}" has no history server\nhint: spark-swarm history start --name ${cluster.name}\n`,
      );

      const before = await cluster.processes();
      const start = await history(cluster, 'start', '--port', 'history=0');
      t.is(start.status, 0, start.stderr);
      const url = /^history +(http:\S+)$/m.exec(start.stdout)?.[1] ?? '';
      t.is((await history(cluster, 'url')).stdout, `${url}\n`);
      const listed = await waitFor(`the history server to have read the log of ${id}`, {
        read: async () => (await (await fetch(`${url}/api/v1/applications`)).json()) as readonly Application[],
        until: (applications) => applications.some((application) => application.id === id),
      });
      t.like(
        listed.find((application) => application.id === id),
        { name: 'PythonPi', attempts: [{ completed: true }] },
      );
      const page = (await history(cluster, 'url', id)).stdout.trim();
      t.is(page, `${url}/history/${id}/jobs/`);
      const answer = await fetch(page);
      t.is(answer.status, 200);
      t.regex(await answer.text(), /Completed Jobs/);

      const after = await cluster.processes();
      t.deepEqual(
        after.filter(({ name }) => name !== 'history'),
        before,
      );
      await sharesTheNode(t, cluster);
    },
  },
  {
    title: 'a later deploy keeps the history server, and history stop takes it away without a question',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      const before = await cluster.processes();
      const again = await cluster.make(['--name', cluster.name]);
      t.is(again.status, 0, again.stderr);
      t.deepEqual(await cluster.processes(), before);
      const run = cluster.startSubmit(['test/jobs/endless.py']);
      await waitFor('an application to run', {
        read: async () => (await cluster.status()).master?.applications ?? [],
        until: (applications) => applications.length === 1,
        limitMs: 180_000,
      });
      const stop = await history(cluster, 'stop');
      t.is(stop.status, 0, stop.stderr);
      t.notRegex(stop.stdout, /^history/m);
      t.deepEqual(
        await cluster.processes(),
        before.filter(({ name }) => name !== 'history'),
      );
      run.kill('SIGINT');
      await run.ended;
    },
  },
  {
    title: 'old event logs are cleaned away; what is young, or no log, stays',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      await cluster.inside('master', `touch ${EVENTS}/mine.txt`);
      const day = String(24 * 3600);
      t.deepEqual(parseCleanedLogs(await readLogs(cluster, 'clean', 'delete', day, day, '0')), []);
      const names = parseCleanedLogs(await readLogs(cluster, 'clean', 'dry', day, '0', '0')).map(({ name }) => name);
      t.true(names.length > 0);
      const gone = parseCleanedLogs(await readLogs(cluster, 'clean', 'delete', '0', '0', '0'));
      t.deepEqual(
        gone.map(({ name }) => name),
        names,
      );
      const left = (await cluster.inside('master', `ls ${EVENTS}`)).split('\n');
      t.true(left.includes('mine.txt'));
      t.deepEqual(
        left.filter((name) => names.includes(name)),
        [],
      );
    },
  },
  {
    title: 'remove --volumes deletes the event logs, too',
    run: async (t, stand) => {
      const cluster = stand.cluster('past');
      const removal = await cluster.remove('--volumes');
      t.is(removal.status, 0, removal.stderr);
      t.is(removal.stdout, `Removed the cluster "${cluster.name}"\n`);
      t.deepEqual(await listObjectsNamed(cluster.place.manager, cluster.name), []);
    },
  },
];

async function sharesTheNode(t: ExecutionContext, cluster: TestCluster): Promise<void> {
  const { containers } = await cluster.status();
  const nodeOf = (name: string): string | undefined => containers.find(({ displayName }) => displayName === name)?.node;
  t.is(nodeOf('history'), nodeOf('master'));
}

async function history(cluster: TestCluster, ...words: readonly string[]): ReturnType<TestCluster['make']> {
  return cluster.place.run('bin/history', [words[0] ?? '', '--name', cluster.name, ...words.slice(1)]);
}

/** What docker/job/event-log.py says in the master's container. */
async function readLogs(cluster: TestCluster, ...words: readonly string[]): Promise<string> {
  const script = Buffer.from(await readEventLogScript(projectRoot)).toString('base64');
  return cluster.inside('master', `python3 -c "$(echo ${script} | base64 -d)" ${EVENTS} ${words.join(' ')}`);
}
