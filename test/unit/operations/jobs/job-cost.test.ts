import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { readEventLogScript } from '../../../../src/adapters/jobs/event-log-script.ts';
import type { JobShell } from '../../../../src/jobs/job-shell.ts';
import {
  cleanEventLogs,
  EVENTS_FOLDER,
  findApplicationIds,
  readJobCosts,
  type EventLogReader,
} from '../../../../src/operations/jobs/job-cost.ts';
import { projectRoot } from '../../../helpers/cli.ts';

const JOB = '0123456789ab';
const BEGIN = '{"Event":"SparkListener';
const environment = (properties: string): string => `${BEGIN}EnvironmentUpdate","Spark Properties":${properties}}`;
const start = (application: string): string =>
  `${BEGIN}ApplicationStart","App Name":"pi","App ID":"${application}","Timestamp":1795252458374}`;
const task = (milliseconds: string): string =>
  `${BEGIN}TaskEnd","Task Info":{},"Task Metrics":{"Executor Run Time":${milliseconds},"Executor CPU Time":${milliseconds}}}`;
const OURS = environment(`{"spark.swarm.jobId":"${JOB}"}`);

/** The real script and this machine's Python, in the folder of the logs. */
async function reader(folder: string, env: Readonly<Record<string, string>> = {}): Promise<EventLogReader> {
  const unexpected = (): never => {
    throw new Error('not asked for');
  };
  const shell: JobShell = {
    place: 'here',
    base: '/records',
    owner: undefined,
    run: async (script, words) =>
      new Promise((resolve) => {
        const argv = ['-c', script, 'sh', ...words.map((word) => (word === EVENTS_FOLDER ? folder : word))];
        const options = { cwd: folder, env: { ...process.env, ...env } };
        const child = execFile('sh', argv, options, (_, stdout, stderr) =>
          resolve({ status: child.exitCode ?? 1, stdout, stderr }),
        );
      }),
    stream: unexpected,
    upload: unexpected,
  };
  return { shell, script: await readEventLogScript(projectRoot), signal: new AbortController().signal };
}

async function withLogs(
  logs: Readonly<Record<string, readonly string[]>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-events-'));
  try {
    await Promise.all(
      Object.entries(logs).map(async ([name, lines]) => writeFile(path.join(folder, name), `${lines.join('\n')}\n`)),
    );
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a log that is malformed, or no log, does not hide the others', async (t) => {
  const deep = `${BEGIN}TaskEnd","Task Info":${'['.repeat(100_000)}}`;
  const logs = {
    'app-20261121091010-0000': [environment('[1]'), environment('"text"'), start('app-20261121091010-0000')],
    'app-20261121091010-0001': [
      environment('[[1,2,3]]'),
      deep,
      OURS,
      start('app-20261121091010-0001'),
      deep,
      task('Infinity'),
      task('NaN'),
      task(`1${'0'.repeat(400)}`),
      task('1e308'),
      task('1e308'),
      `${BEGIN}TaskEnd","Task Metrics":[]}`,
    ],
    'app-20261121091010-0002': [OURS, start('app-20261121091010-0002'), task('7'), task('5000000')],
  };
  await withLogs(logs, async (folder) => {
    execFileSync('mkfifo', [path.join(folder, 'app-20261121091010-0003')]);
    const events = await reader(folder);
    const ids = ['app-20261121091010-0001', 'app-20261121091010-0002'];
    t.deepEqual([...(await findApplicationIds(events, JOB))].toSorted(), ids);
    const costs = [...(await readJobCosts(events, { jobId: JOB }))].toSorted((a, b) =>
      a.applicationId < b.applicationId ? -1 : 1,
    );
    t.deepEqual(
      costs.map(({ applicationId, isWhole, taskTimeMs, cpuTimeMs }) => ({
        applicationId,
        isWhole,
        taskTimeMs,
        cpuTimeMs,
      })),
      [
        { applicationId: ids[0], isWhole: false, taskTimeMs: 1e308, cpuTimeMs: 2e302 },
        { applicationId: ids[1], isWhole: true, taskTimeMs: 5_000_007, cpuTimeMs: 5 },
      ],
    );
  });
});

test('event logs are cleaned by age and by size, and none that is young', async (t) => {
  const names = [3, 2, 1].map((hours) => `app-20261121091010-000${hours}`);
  await withLogs(Object.fromEntries(names.map((name) => [name, ['x'.repeat(99)]])), async (folder) => {
    const now = Date.now() / 1000;
    for (const [index, name] of names.entries()) await utimes(path.join(folder, name), now, now - (3 - index) * 3600);
    const events = await reader(folder);
    const clean = async (olderHours: number, keepHours: number, maxBytes: number): Promise<readonly string[]> => {
      const limits = { olderThanMs: olderHours * 3_600_000, keepMs: keepHours * 3_600_000, maxBytes, dryRun: true };
      return (await cleanEventLogs(events, limits)).map(({ name }) => name);
    };
    t.deepEqual(await clean(2.5, 0.5, 300), names.slice(0, 1));
    t.deepEqual(await clean(9, 1.5, 0), names.slice(0, 2));
    t.deepEqual(await clean(9, 0.5, 100), names.slice(0, 2));
    t.deepEqual(await clean(0.5, 2.5, 0), names.slice(0, 1));
  });
});

test('a line longer than what is read at once is one line', async (t) => {
  const long = `${BEGIN}StageCompleted","Stage Info":{"Failure Reason":"${'x'.repeat(3_000_000)}"}}`;
  await withLogs({ 'app-1': ['', OURS, start('app-1'), long, task('3')] }, async (folder) => {
    const [cost] = await readJobCosts(await reader(folder), { jobId: JOB });
    t.like(cost, { isWhole: true, stages: { total: 1, failed: 1 }, taskTimeMs: 3, failureReason: 'x'.repeat(2000) });
  });
});

test("a json.py where the script runs, or in PYTHONPATH, is not taken for Python's own", async (t) => {
  await withLogs({ 'app-1': [OURS, start('app-1')], 'json.py': ['raise SystemExit(9)'] }, async (folder) => {
    t.deepEqual(await findApplicationIds(await reader(folder, { PYTHONPATH: folder }), JOB), ['app-1']);
  });
});
