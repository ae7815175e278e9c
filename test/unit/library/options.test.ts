import test from 'ava';

import {
  ConflictError,
  UsageError,
  createCluster,
  listClusters,
  readNotebookUrl,
  readStatus,
  removeCluster,
  resizeCluster,
  submitApplication,
} from '../../../src/index.ts';
import { ask } from '../../../src/library/ask.ts';

type Call = (options: object) => Promise<unknown>;

const create = createCluster as Call;
const resize = resizeCluster as Call;
const submit = submitApplication as Call;

const refused: readonly (readonly [call: Call, options: object, message: string])[] = [
  [create, { worker: 3 }, 'worker: there is no such option; did you mean "workers"?'],
  [create, { 'worker-cores': 3 }, 'worker-cores: there is no such option; did you mean "workerCores"?'],
  [create, { name: 'Spark' }, 'name: got "Spark"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter'],
  [create, { name: true }, 'name: got true; expected a text or a number'],
  [create, { platform: 'kubernetes' }, 'platform: got "kubernetes"; expected containers or swarm'],
  [create, { workers: 0 }, 'workers: got "0"; expected a whole number from 1 to 1000'],
  [create, { workers: 2.5 }, 'workers: got "2.5"; expected a whole number from 1 to 1000'],
  [create, { workers: NaN }, 'workers: got "NaN"; expected a whole number from 1 to 1000'],
  [create, { workerCores: [] }, 'workerCores: got a list; expected a text or a number'],
  [
    create,
    { workerMemory: 2 },
    'workerMemory: got "2"; expected a whole number and a unit, like 512m or 2g (did you mean 2m?)',
  ],
  [create, { notebook: 'no' }, 'notebook: got "no"; expected true or false'],
  [create, { data: '' }, 'data: got ""; expected a folder below /'],
  [create, { data: '//' }, 'data: got "//"; expected a folder below /'],
  [create, { ports: [8080] }, 'ports: got a list; expected ports by name, like { ui: 8080 }'],
  [create, { ports: { web: 1 } }, 'ports.web: there is no such port; expected master, ui, jupyter, history'],
  [create, { ports: { ui: 65_536 } }, "ports.ui: got 65536; expected a port from 1 to 65535, 0 (a free one) or 'none'"],
  [create, { ports: { ui: -1 } }, "ports.ui: got -1; expected a port from 1 to 65535, 0 (a free one) or 'none'"],
  [
    create,
    { bind: 'localhost' },
    'bind: got "localhost"; expected an address of this machine, like 127.0.0.1 or 0.0.0.0',
  ],
  [
    create,
    { bind: '127.0.0.1', platform: 'swarm' },
    "bind: ports of a swarm listen on every address of a node; expected only with 'containers'",
  ],
  [
    create,
    { constraints: ['disk=ssd'] },
    'constraints[0]: got "disk=ssd"; expected one like node.labels.disk==ssd or node.hostname!=n1',
  ],
  [
    create,
    { constraints: ['node.hostname!=n1'], platform: 'containers' },
    "constraints: there is one machine; expected only with the platform 'swarm'",
  ],
  [
    create,
    { conf: { 'spark.master': 'local' } },
    'conf.spark.master: spark.master is set by spark-swarm itself; leave it out',
  ],
  [create, { conf: { 'spark.x': null } }, 'conf.spark.x: got null; expected a text, a number, true or false'],
  [
    create,
    { env: process.env['PATH'] ? { PATH: 'x' } : {} },
    'env.PATH: PATH is set by spark-swarm itself; leave it out',
  ],
  [create, { jars: 'a.jar' }, 'jars: got "a.jar"; expected a list of paths of jars'],
  [create, { timeoutMs: '3m' }, 'timeoutMs: got "3m"; expected a number of milliseconds, like 60_000'],
  [create, { timeoutMs: 0 }, 'timeoutMs: got 0; expected a number of milliseconds, like 60_000'],
  [create, { confirm: true }, 'confirm: got true; expected a function'],
  [create, { signal: {} }, 'signal: got an object; expected an AbortSignal'],
  [create, { processEnv: { A: 1 } }, 'processEnv.A: got 1; expected a text'],
  [resize, {}, 'workers: expected how many workers there shall be'],
  [
    submit,
    { argv: 'app.py' },
    "argv: got \"app.py\"; expected a list of words, like ['app.py', '--input', '/data/in']",
  ],
  [submit, {}, 'Nothing to submit: expected an application (app.py, app.jar) or --example NAME'],
  [submit, { argv: ['no-such-app.py'] }, 'No such application file: no-such-app.py'],
  [submit, { argv: ['--name', 'x', '--example', 'pi'] }, 'argv: --name is the option "name" of this function'],
  [submit, { argv: ['--example', 'pi'], stdout: 'out.txt' }, 'stdout: got "out.txt"; expected a stream to write to'],
  [
    removeCluster,
    { yes: true },
    'yes: there is no such option; expected context, signal, onEvent, cwd, projectFolder, processEnv, name, platform, volumes, timeoutMs, confirm',
  ],
  [readStatus, { context: '' }, 'context: got ""; expected the name of a docker context'],
  [readNotebookUrl, { onEvent: 'x' }, 'onEvent: got "x"; expected a function'],
  [
    listClusters,
    { name: 'x' },
    'name: there is no such option; expected context, signal, onEvent, cwd, projectFolder, processEnv',
  ],
  [create, 'spark' as unknown as object, 'Options: got "spark"; expected an object, like { name: \'spark\' }'],
];

for (const [call, options, message] of refused) {
  test(`${call.name} refuses, before any engine is asked: ${message}`, async (t) => {
    await t.throwsAsync(call(options), { instanceOf: UsageError, message });
  });
}

const question = { message: 'Remove the cluster "spark"? 1 running: etl', applications: [], jobs: [] };

test('with nobody to ask, the answer to a question is a conflict that says what to write', async (t) => {
  const error = await t.throwsAsync(ask(undefined, question), { instanceOf: ConflictError });
  t.is(error.message, 'Nobody is there to be asked: Remove the cluster "spark"? 1 running: etl');
  t.is(error.hint, 'confirm: () => true answers with yes');
});

test('only true is a yes: a script without types may pass on the text "no"', async (t) => {
  await t.notThrowsAsync(ask(() => true, question));
  await t.notThrowsAsync(ask(async () => true, question));
  for (const answer of [false, 'no', 'yes', 1, undefined]) {
    await t.throwsAsync(
      ask(() => answer as boolean, question),
      { instanceOf: ConflictError, message: 'The answer was no: Remove the cluster "spark"? 1 running: etl' },
    );
  }
});
