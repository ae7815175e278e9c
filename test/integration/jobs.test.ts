import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { openJobTools } from '../../src/adapters/jobs/job-tools.ts';
import { connect } from '../../src/connections/connect.ts';
import { openJobs } from '../../src/connections/open-jobs.ts';
import { silent } from '../../src/events.ts';
import { planJob } from '../../src/jobs/job-plan.ts';
import { wishFromWords } from '../../src/jobs/job-words.ts';
import { runJob } from '../../src/operations/jobs/run.ts';
import { forMany } from '../../src/signals.ts';
import { projectRoot } from '../helpers/cli.ts';
import type { TestCluster } from '../helpers/cluster.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { killClients } from './jobs/killed-clients.ts';
import { countProcesses, job, list, run, startWait, stateOf } from './jobs/launched.ts';

usePlainEngine();

let folder = '';
const cluster = (): TestCluster => theEngine().cluster('jobs');

/** A file of this machine, to be run. */
async function script(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

const STUBBORN = `trap '' INT TERM
sh -c 'trap "" INT TERM; while :; do sleep 1; done' &
echo up
while :; do sleep 1; done
`;

test.before(async (t) => {
  t.timeout(300_000);
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-jobs-'));
  const { status, stderr } = await cluster().deploy('--workers', '1', '--master-memory', '2304m');
  t.is(status, 0, stderr);
});

test.after.always(async () => {
  await cluster().remove('--volumes');
  await rm(folder, { recursive: true, force: true });
});

test.serial('SparkPi is started, waited for, and its output is kept', async (t) => {
  const id = await run(t, cluster(), '--example', 'pi', '4');
  const waited = await job(cluster(), 'wait', id);
  t.is(waited.status, 0, waited.stderr);
  t.regex(waited.stdout, new RegExp(`^${id} SUCCEEDED after `));
  const logs = await job(cluster(), 'logs', id);
  t.regex(logs.stdout, /^Pi is roughly 3\.1[0-9]*$/m);
  t.is(await stateOf(t, cluster(), id), 'SUCCEEDED');
  const info = JSON.parse((await job(cluster(), 'info', '-o', 'json', id)).stdout) as {
    readonly applications: readonly { readonly tasks: { readonly total: number } }[];
  };
  t.is(info.applications[0]?.tasks.total, 4);
});

test.serial('a job that ends with 3 is DONEWITHERROR, and so ends job wait', async (t) => {
  const id = await run(
    t,
    cluster(),
    '--type',
    'shell',
    await script('three.sh', 'echo said; echo wrong >&2; exit 3\n'),
  );
  const waited = await job(cluster(), 'wait', id);
  t.deepEqual([waited.status, waited.stderr], [3, '']);
  t.is(await stateOf(t, cluster(), id), 'DONEWITHERROR: exit 3');
  const both = await job(cluster(), 'logs', id);
  t.deepEqual([both.stdout, both.stderr], ['said\n', 'wrong\n']);
  t.is((await job(cluster(), 'logs', '--stderr', id)).stdout, 'wrong\n');
});

test.serial('every word reaches the process byte for byte, and nothing is executed on the way', async (t) => {
  const tricky = [
    'a b',
    '',
    '$(touch /data/x)',
    '`id`',
    '"\'\\',
    '*',
    'ü ✓',
    'two\nlines',
    '; touch /data/y',
    '--',
    '#',
  ];
  const id = await run(t, cluster(), 'test/jobs/echo.py', '0', ...tricky);
  t.is((await job(cluster(), 'wait', id)).status, 0);
  const said = JSON.parse((await job(cluster(), 'logs', '--stdout', id)).stdout) as { arguments: string[] };
  t.deepEqual(said.arguments, tricky);
  t.is(await cluster().inside('master', 'ls /data/x /data/y 2>/dev/null | wc -l'), '0');
});

test.serial(
  'a job is named by its id, the beginning of it, or PID@INSTANCE; what is unknown is not found',
  async (t) => {
    const [known] = await list(t, cluster());
    t.truthy(known);
    const { id = '', process = '' } = known ?? {};
    for (const name of [id, id.slice(0, 8), `echo-${id}`, process ?? ''])
      t.is(await stateOf(t, cluster(), name), 'SUCCEEDED', name);
    t.deepEqual(await job(cluster(), 'status', 'ffffffffffff').then(({ status, stderr }) => [status, stderr]), [
      1,
      `error: No job "ffffffffffff" on the master of "${cluster().name}"\nhint: spark-swarm job list --name ${cluster().name}\n`,
    ]);
    t.is((await job(cluster(), 'status', '../../etc')).status, 2);
  },
);

test.serial(
  'a job goes on while its cluster is resized; a cancel ends it on the cluster too, and a second one changes nothing (E13)',
  async (t) => {
    const id = await run(t, cluster(), '--grace', '60s', 'test/jobs/endless.py');
    const logs = cluster().place.start('bin/job', ['logs', '-f', '--stdout', '--name', cluster().name, id]);
    await logs.waitForOutput(/^working app-/m);
    for (const workers of [2, 1]) {
      const resized = await cluster().resize(workers);
      t.is(resized.status, 0, resized.stderr);
      t.is(await stateOf(t, cluster(), id), 'RUNNING');
    }
    const cancelled = await job(cluster(), 'cancel', id);
    t.is(cancelled.status, 0, cancelled.stderr);
    t.regex(cancelled.stdout, new RegExp(`^${id} KILLED after `));
    t.is((await cluster().statusWithMaster()).master?.applications.length, 0, 'no application is left on the master');
    t.is(await countProcesses(cluster()), 0);
    t.is((await logs.ended).status, 0);
    t.is((await job(cluster(), 'wait', id)).status, 130);
    t.is((await job(cluster(), 'cancel', id)).stdout, `${id} had already finished: KILLED\n`);
  },
);

test.serial(
  'a job that ignores INT and TERM, with a child that does so too, is gone within 2 × grace + 2 s',
  async (t) => {
    const file = await script('stubborn.sh', STUBBORN);
    const id = await run(t, cluster(), '--type', 'shell', '--grace', '2s', file);
    const running = cluster().place.start('bin/job', ['logs', '-f', '--name', cluster().name, id]);
    await running.waitForOutput(/^up$/m);
    const cancelled = await job(cluster(), 'cancel', id);
    t.is(cancelled.status, 0, cancelled.stderr);
    t.is(await stateOf(t, cluster(), id), 'KILLED: escalated');
    t.is(await countProcesses(cluster()), 0);
    const info = JSON.parse((await job(cluster(), 'info', '-o', 'json', id)).stdout) as { job: { durationMs: number } };
    t.true(info.job.durationMs > 4000, `${info.job.durationMs} ms`);
  },
);

test.serial('Ctrl-C in job wait leaves the job alone, and with --cancel-on-interrupt ends it (J63)', async (t) => {
  const file = await script('sleeps.sh', 'exec sleep 600\n');
  const id = await run(t, cluster(), '--type', 'shell', file);
  const interrupt = async (...flags: readonly string[]): Promise<{ status: number | null; stderr: string }> => {
    const waiting = await startWait(cluster(), id, ...flags);
    waiting.kill('SIGINT');
    return waiting.ended;
  };
  const left = await interrupt();
  t.is(left.status, 130);
  t.is(
    left.stderr,
    `error: Interrupted; the job ${id} goes on\nhint: spark-swarm job cancel --name ${cluster().name} ${id}\n`,
  );
  t.is(await stateOf(t, cluster(), id), 'RUNNING');
  const ended = await interrupt('--cancel-on-interrupt');
  t.is(ended.status, 130);
  t.regex(ended.stderr, new RegExp(`^error: Interrupted; the job ${id} is KILLED after .*\n$`));
  t.is(await stateOf(t, cluster(), id), 'KILLED');
});

test.serial('two jobs at once have their files for themselves, though they have the same names (E5)', async (t) => {
  const launch = async (text: string): Promise<string> => {
    const file = await script('same.sh', `sleep 2; echo ${text}; cat same.sh | wc -l; ls | tr '\\n' ' '\n`);
    return run(t, cluster(), '--type', 'shell', file);
  };
  const ids = [await launch('first'), await launch('second')];
  for (const [index, said] of ['first', 'second'].entries()) {
    const id = ids[index] ?? '';
    t.is((await job(cluster(), 'wait', id)).status, 0);
    t.is((await job(cluster(), 'logs', id)).stdout, `${said}\n1\nsame.sh `);
  }
});

test.serial('--timeout ends a job, and waiting has a limit of its own', async (t) => {
  const file = await script('sleeps.sh', 'exec sleep 600\n');
  const id = await run(t, cluster(), '--type', 'shell', '--timeout', '2s', file);
  await job(cluster(), 'wait', id);
  t.is(await stateOf(t, cluster(), id), 'KILLED: timeout');
  const endless = await run(t, cluster(), '--type', 'shell', file);
  const short = await job(cluster(), 'wait', '--timeout', '500ms', endless);
  t.is(short.status, 3);
  t.regex(short.stderr, new RegExp(`^error: The job ${endless} is RUNNING after 500 ms$`, 'm'));
  t.is((await job(cluster(), 'cancel', endless)).status, 0);
});

test.serial('50 launches of one job at once start it once', async (t) => {
  const file = await script('once.sh', 'echo started >>/data/once; sleep 2\n');
  const around = { env: { ...process.env, ...theEngine().env }, cwd: folder, projectRoot };
  const signal = forMany(new AbortController().signal);
  const { name } = cluster();
  const plan = await planJob(
    wishFromWords([file], { type: 'shell', id: 'abcdef012345' }),
    await openJobTools({ cwd: folder, env: around.env, cluster: name }),
  );
  const connection = await connect({ ...around, signal }, { name, report: silent });
  const jobs = await openJobs(connection, { name, driver: 'master', projectRoot });
  const launched = await Promise.all(
    Array.from({ length: 50 }, async () => runJob(jobs, plan, { driverBytes: undefined })),
  );
  connection.target.api.close();
  t.is(launched.filter(({ isRepeated }) => !isRepeated).length, 1);
  t.is(new Set(launched.map((each) => each.process)).size, 1);
  t.is((await job(cluster(), 'wait', 'abcdef012345')).status, 0);
  t.is(await cluster().inside('master', 'cat /data/once | wc -l'), '1');
  for (const another of ['once.sh', 'other.sh']) {
    const other = await script(another, 'echo another\n');
    const { status, stderr } = await job(cluster(), 'run', '--type', 'shell', '--id', 'abcdef012345', other);
    t.is(status, 5, stderr);
    t.regex(stderr, /^error: There is another job with the id abcdef012345 in the master of "/m);
  }
});

test.serial(
  'clients killed at ten moments of a launch, then the master restarted: all are listed, none ran twice',
  async (t) => {
    const { containerId } = await cluster().find('master');
    await killClients(t, cluster(), {
      spark: 2,
      restart: async () => theEngine().docker('restart', '--time', '1', containerId),
    });
  },
);

test.serial(
  'while the master is stopped a job is refused with the reason, and none waits for it (E15); a job whose folder was removed is not known',
  async (t) => {
    const file = await script('sleeps.sh', 'exec sleep 600\n');
    const id = await run(t, cluster(), '--type', 'shell', file);
    const { containerId } = await cluster().find('master');
    await theEngine().docker('stop', '--time', '1', containerId);
    const status = await job(cluster(), 'status', id);
    const inactive = await job(cluster(), 'run', '--type', 'shell', '--id', '0ddba11000ff', file);
    t.is(status.status, 4, status.stderr);
    t.regex(status.stderr, /its master does not run|Cannot reach the master/);
    t.deepEqual(
      [inactive.status, inactive.stderr],
      [
        1,
        `error: Cannot submit to the cluster "${cluster().name}": its master does not run\nhint: spark-swarm status --name ${cluster().name}\n`,
      ],
    );
    await theEngine().docker('start', containerId);
    await cluster().waitUntilHealthy();
    // Who waits does so for half a minute: nothing else happens while the master is stopped.
    const waited = await run(t, cluster(), '--type', 'shell', file);
    const waiting = await startWait(cluster(), waited);
    await theEngine().docker('stop', '--time', '1', containerId);
    await theEngine().docker('start', containerId);
    await cluster().waitUntilHealthy();
    t.is((await waiting.ended).status, 1);
    for (const lost of [id, waited]) {
      t.is(await stateOf(t, cluster(), lost), 'DONEWITHERROR: lost: the machine or container was restarted');
      await cluster().inside('master', `rm -r /var/lib/spark/jobs/records/*-${lost}`);
      t.is((await job(cluster(), 'status', lost)).status, 1);
    }
    t.is((await job(cluster(), 'status', '0ddba11000ff')).status, 1);
  },
);

test.serial('clean deletes what has ended and is old enough, and nothing that runs', async (t) => {
  const id = await run(t, cluster(), '--type', 'shell', await script('sleeps.sh', 'exec sleep 600\n'));
  const before = (await list(t, cluster())).length;
  const dry = await job(cluster(), 'clean', '--dry-run', '--older-than', '1s', '--keep', '1ms', '-o', 'json');
  t.is((JSON.parse(dry.stdout) as { removed: readonly unknown[] }).removed.length >= before - 4, true, dry.stdout);
  t.is((await list(t, cluster())).length, before);
  const cleaned = await job(cluster(), 'clean', '--older-than', '1s', '--keep', '1ms');
  t.is(cleaned.status, 0, cleaned.stderr);
  const left = await list(t, cluster());
  t.true(left.some((each) => each.id === id && each.state === 'RUNNING'));
  await job(cluster(), 'cancel', id);
});

test.serial('records outlive the cluster: remove, start, list', async (t) => {
  const id = await run(t, cluster(), '--type', 'shell', await script('three.sh', 'echo kept; exit 3\n'));
  await job(cluster(), 'wait', id);
  t.is((await cluster().remove()).status, 0);
  const { status, stderr } = await cluster().deploy('--workers', '1');
  t.is(status, 0, stderr);
  t.is(await stateOf(t, cluster(), id), 'DONEWITHERROR: exit 3');
  t.is((await job(cluster(), 'logs', id)).stdout, 'kept\n');
});
