import test from 'ava';
import fc from 'fast-check';

import { ConfigError, InvalidStateError, UsageError } from '../../../src/errors.ts';
import { assertWholeRecord, planCapsule, runAgainWords, type Capsule } from '../../../src/jobs/capsule.ts';
import { formatEnvironment, parseEnvironment } from '../../../src/jobs/job-environment.ts';
import type { JobPlan } from '../../../src/jobs/job-plan.ts';
import type { JobView } from '../../../src/jobs/judge-snapshot.ts';
import type { JobFlags } from '../../../src/jobs/job-words.ts';
import { FILES, JOB_ID, jobTools, planWords } from '../../helpers/job-tools.ts';

const NEW_ID = 'ffffffffffff';
const FOLDER = '/capsule';
const HERE = jobTools(FILES);
/** This machine, on which a capsule has been unpacked. */
const tools = jobTools(
  FILES.map((name) => `${FOLDER}/files/${name}`),
  {
    cluster: 'other',
    newId: () => NEW_ID,
    now: () => new Date('2026-02-03T04:05:06Z'),
    createdBy: 'bob@lap',
    resolve: (path) => path,
    // What is in a file does not depend on where it lies.
    hash: async (path) => HERE.hash(`/work-here/${path.split('/').at(-1)}`),
  },
);

const job = async (words: readonly string[], flags: JobFlags = {}): Promise<JobPlan> => planWords(words, flags, HERE);
const capsuleOf = ({ spec, environment }: JobPlan): Capsule => ({ spec, environment, folder: FOLDER });
const anything = { id: undefined, driver: undefined };

test('a capsule is the same job with another id: its words, files, variables and limits', async (t) => {
  const words = ['--py-files', 'helper.py', '--conf', 'spark.x=a b', 'app.py', "it's", '', '$(touch x)\n'];
  const before = await job(words, { param: ["A=it's\n'"], timeout: '5m', driver: 'task' });
  const { plan, isAltered } = await planCapsule(capsuleOf(before), anything, tools);
  t.deepEqual(plan.spec, {
    ...before.spec,
    id: NEW_ID,
    cluster: 'other',
    argv: before.spec.argv.map((word) => word.replace(JOB_ID, NEW_ID)),
    createdAt: '2026-02-03T04:05:06.000Z',
    createdBy: 'bob@lap',
    hash: plan.spec.hash,
  });
  t.regex(plan.spec.hash, /^[0-9a-f]{64}$/);
  t.not(plan.spec.hash, before.spec.hash);
  t.is(plan.environment, before.environment);
  t.is(plan.driver, 'task');
  t.deepEqual(
    plan.options,
    before.options.map((word) => word.replace(JOB_ID, NEW_ID)),
  );
  t.deepEqual(
    plan.uploads,
    ['helper.py', 'app.py'].map((name) => ({ name, path: `${FOLDER}/files/${name}` })),
  );
  t.false(isAltered);
});

test("where the old job's id stands in an argument or a variable the new one does", async (t) => {
  const before = await job(['app.py', `/data/x-${JOB_ID}/`], { output: '/data/out-%JOB_EXEC_ID%' });
  const { plan } = await planCapsule(capsuleOf(before), anything, tools);
  t.is(plan.spec.argv.at(-1), `/data/x-${NEW_ID}/`);
  t.is(plan.environment, `export OUTPUT='/data/out-${NEW_ID}'\n`);
});

test('its id and the place of its driver may be others', async (t) => {
  const { plan } = await planCapsule(
    capsuleOf(await job(['app.py'])),
    { id: '00000000000a', driver: 'ssh://ada@gate:22' },
    tools,
  );
  t.is(plan.spec.id, '00000000000a');
  t.is(plan.spec.driver, 'ssh://ada@gate:22');
});

test('no capsule chooses a machine that somebody logs in on', async (t) => {
  const { spec, environment } = await job(['app.py'], { driver: 'ssh://ops@gateway' });
  const error = await t.throwsAsync(planCapsule({ spec, environment, folder: FOLDER }, anything, tools), {
    instanceOf: UsageError,
  });
  t.is(error.message, 'The driver of the job "app" ran on a machine of its own: ssh://ops@gateway');
  t.is(error.hint, '--driver says where it runs now: master, task, or ssh://user@host');
});

test('a file of properties gets the new id, too', async (t) => {
  const file = 'spark-swarm-job.properties';
  const { spec, environment } = await job(['app.py']);
  const capsule = { spec: { ...spec, files: [file] }, environment, folder: FOLDER };
  const own = {
    ...tools,
    look: (): 'file' => 'file',
    readText: async (): Promise<string> => Promise.resolve(`spark.x=/out-${JOB_ID}\n`),
  };
  const { plan } = await planCapsule(capsule, anything, own);
  t.deepEqual(plan.uploads, [{ name: file, text: `spark.x=/out-${NEW_ID}\n` }]);
});

test('a file that is another than the one that was sent is seen, and so is another variable', async (t) => {
  const before = await job(['app.py'], { param: ['A=1'] });
  const changed = { ...tools, hash: async (): Promise<string> => Promise.resolve('another') };
  t.true((await planCapsule(capsuleOf(before), anything, changed)).isAltered);
  const capsule = { ...capsuleOf(before), environment: "export A='2'\n" };
  t.true((await planCapsule(capsule, anything, tools)).isAltered);
});

test("somebody's capsule names no file of this machine", async (t) => {
  const { spec, environment } = await job(['app.py']);
  for (const name of ['../../../etc/passwd', '/etc/passwd', '..', 'gone.py']) {
    const capsule = { spec: { ...spec, files: [name] }, environment, folder: FOLDER };
    const all = {
      ...tools,
      look: (path: string): 'file' | undefined => (path.endsWith('gone.py') ? undefined : 'file'),
    };
    await t.throwsAsync(planCapsule(capsule, anything, all), {
      instanceOf: UsageError,
      message: `the capsule has no file ${JSON.stringify(name)}`,
    });
  }
});

test('all that is wrong with a capsule made by hand is said at once', async (t) => {
  const { spec } = await job(['app.py']);
  const odd = {
    ...spec,
    id: '',
    name: '-x',
    graceMs: -1,
    maxOutputBytes: 1,
    environment: ['A'],
    argv: ['spark-submit', 'a\0b'],
  };
  const error = await t.throwsAsync(planCapsule({ spec: odd, environment: '', folder: FOLDER }, anything, tools), {
    instanceOf: ConfigError,
  });
  t.deepEqual(
    error.message.split('\n').map((line) => line.slice(0, 48)),
    [
      'The job "-x" has 6 problems:',
      '  --id: got ""; expected 12 of 0-9 and a-f',
      '  --job-name: got "-x"; expected 1 to 50 of a-z,',
      '  the capsule has a limit of time that is no num',
      '  the capsule has a limit of output that is less',
      '  the capsule has no value of the variable A',
      '  word 1 has a NUL character, which no process c',
    ],
  );
});

test('values of variables come back byte for byte', (t) => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/);
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^['\\\nexport A=]*$/));
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (variables) => {
      t.deepEqual(Object.fromEntries(parseEnvironment(formatEnvironment(variables))), variables);
    }),
  );
  t.pass();
});

test('a job that has not ended, or was not sent to its end, has no whole record', async (t) => {
  const { spec } = await job(['app.py']);
  const view = { spec, folder: `app-${JOB_ID}`, state: 'RUNNING' } as JobView;
  const running = t.throws(() => assertWholeRecord(view), { instanceOf: InvalidStateError });
  t.is(running.message, `The job ${JOB_ID} has not ended: it is RUNNING`);
  t.is(running.hint, `spark-swarm job wait --name spark ${JOB_ID}`);
  const cut = t.throws(() => assertWholeRecord({ ...view, state: 'FAILED', folder: `.new/app-${JOB_ID}.1234abcd` }), {
    instanceOf: InvalidStateError,
  });
  t.is(cut.message, `The job ${JOB_ID} was not sent to its end, so its record is not complete`);
  t.notThrows(() => assertWholeRecord({ ...view, state: 'FAILED' }));
});

test('only what is needed is fetched to run a job once more', async (t) => {
  const { spec } = await job(['--py-files', 'helper.py', 'app.py']);
  const folder = `app-${JOB_ID}`;
  t.deepEqual(runAgainWords('/records', { spec, folder }), [
    '/records',
    folder,
    '{}',
    ...['spec.json', 'env.sh', ...spec.files.map((name) => `files/${name}`)].map((part) => `${folder}/${part}`),
  ]);
});
