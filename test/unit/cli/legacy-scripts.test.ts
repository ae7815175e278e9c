import test from 'ava';

import { legacyMain } from '../../../src/cli/legacy-main.ts';
import { translateLegacy } from '../../../src/cli/legacy-scripts.ts';
import { UsageError } from '../../../src/errors.ts';
import { captureCli, type CliOptions, type CliOutcome } from '../../helpers/cli.ts';

const CLUSTER = { script: 'spark-cluster-service', verbs: ['deploy', 'status', 'remove'] };
const CONTAINER = { script: 'spark-container-service', verbs: ['start', 'stop', 'status'] };

async function runScript(call: typeof CLUSTER, line: string, options: CliOptions = {}): Promise<CliOutcome> {
  const { cli, written } = captureCli(options);
  const status = await legacyMain(
    call,
    line.split(' ').filter((word) => word !== ''),
    cli,
  );
  return { status, ...written() };
}

const CLUSTER_USAGE = `Usage:
  spark-cluster-service deploy [manager] [flags]  put a cluster on the swarm, or change the one that is there
  spark-cluster-service status [manager] [flags]  show a cluster: nodes, workers, applications, problems, addresses
  spark-cluster-service remove [manager] [flags]  take a cluster away
  spark-cluster-service usage                     show this

Each verb is the command of spark-swarm with that name: spark-swarm deploy. Its flags, and what it ends with:
  spark-cluster-service deploy --help

[manager] is a docker context: spark-swarm deploy --context NAME
`;

const CONTAINER_USAGE = `Usage:
  spark-container-service start [flags]   start a cluster in containers of this engine, without a swarm
  spark-container-service stop [flags]    take away a cluster in containers of this engine
  spark-container-service status [flags]  show a cluster: nodes, workers, applications, problems, addresses
  spark-container-service usage           show this

Each verb is the command of spark-swarm with that name: spark-swarm start. Its flags, and what it ends with:
  spark-container-service start --help

Variables of the older script that start still reads; flags win:
  N=3         1 master and 2 workers     --workers 2
  version=x   the image spark-swarm:x    --image spark-swarm:x
`;

for (const [call, usage] of [
  [CLUSTER, CLUSTER_USAGE],
  [CONTAINER, CONTAINER_USAGE],
] as const) {
  test(`${call.script}: usage, help and nothing at all print the verbs`, async (t) => {
    for (const line of ['', 'usage', 'usage myvm1', 'help', '--help', '-h']) {
      t.deepEqual(await runScript(call, line), { status: 0, stdout: usage, stderr: '' }, line);
    }
  });
}

test('the help of a verb is that of the command', async (t) => {
  const { status, stdout } = await runScript(CONTAINER, 'start --help', { env: { N: '1', version: '?' } });
  t.is(status, 0);
  t.true(stdout.startsWith('Usage: spark-swarm start '));
});

const translations: readonly (readonly [
  call: typeof CLUSTER,
  line: string,
  env: Readonly<Record<string, string>>,
  expected: ReturnType<typeof translateLegacy>,
])[] = [
  [CLUSTER, 'deploy', {}, { argv: ['deploy'], env: {}, said: [] }],
  [CLUSTER, 'deploy --workers 3', { N: '9' }, { argv: ['deploy', '--workers', '3'], env: {}, said: [] }],
  ...['deploy', 'status', 'remove'].map(
    (verb) =>
      [
        CLUSTER,
        `${verb} myvm1 --yes`,
        {},
        {
          argv: [verb, '--context', 'myvm1', '--yes'],
          env: {},
          said: ['"myvm1" is taken as the docker context of the manager; say --context myvm1'],
        },
      ] as const,
  ),
  [CONTAINER, 'status', { N: '1' }, { argv: ['status'], env: { SPARK_SWARM_PLATFORM: 'containers' }, said: [] }],
  [CONTAINER, 'stop b', {}, { argv: ['stop', 'b'], env: { SPARK_SWARM_PLATFORM: 'containers' }, said: [] }],
  [CONTAINER, 'start', { SPARK_SWARM_PLATFORM: 'swarm' }, { argv: ['start'], env: {}, said: [] }],
  [
    CONTAINER,
    'start --name b',
    { N: '3', version: '2.4' },
    {
      argv: ['start', '--name', 'b'],
      env: {
        SPARK_SWARM_PLATFORM: 'containers',
        SPARK_SWARM_WORKERS: '2',
        SPARK_SWARM_IMAGE: 'spark-swarm:2.4',
      },
      said: [
        'N=3 means 1 master and 2 workers; say --workers 2',
        'version=2.4 means the image spark-swarm:2.4; say --image spark-swarm:2.4',
      ],
    },
  ],
  [
    CONTAINER,
    'start',
    { N: '2', version: '' },
    {
      argv: ['start'],
      env: { SPARK_SWARM_PLATFORM: 'containers', SPARK_SWARM_WORKERS: '1' },
      said: ['N=2 means 1 master and 1 worker; say --workers 1'],
    },
  ],
  [
    CONTAINER,
    'start --workers=5 --image mine:1',
    { N: '1', version: '?' },
    { argv: ['start', '--workers=5', '--image', 'mine:1'], env: { SPARK_SWARM_PLATFORM: 'containers' }, said: [] },
  ],
  [
    CONTAINER,
    'start',
    { N: '3', version: 'x', SPARK_SWARM_WORKERS: '4', SPARK_SWARM_IMAGE: 'mine:1' },
    { argv: ['start'], env: { SPARK_SWARM_PLATFORM: 'containers' }, said: [] },
  ],
];

for (const [call, line, env, expected] of translations) {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value} `);
  test(`${variables.join('')}${call.script} ${line} is ${expected.argv.join(' ')}`, (t) => {
    t.deepEqual(translateLegacy(call.script, line.split(' '), env), expected);
  });
}

for (const text of ['1', '0', '-2', '3.5', '0x3', '03', 'three', '1002', '99999', ' 3']) {
  test(`N=${JSON.stringify(text)} is refused, and nothing is started`, async (t) => {
    const error = t.throws(() => translateLegacy('spark-container-service', ['start'], { N: text }), {
      instanceOf: UsageError,
    });
    t.is(
      error?.message,
      `N: got ${JSON.stringify(text)}; expected a whole number from 2 to 1001, the master and its workers`,
    );
    t.deepEqual(await runScript(CONTAINER, 'start', { env: { N: text } }), {
      status: 2,
      stdout: '',
      stderr: `error: ${error?.message}\nhint: say --workers 2, which counts workers alone; then N is not read\n`,
    });
  });
}

test('a version that is no tag is refused', async (t) => {
  t.deepEqual(await runScript(CONTAINER, 'start', { env: { version: 'a b' } }), {
    status: 2,
    stdout: '',
    stderr:
      'error: version: got "a b"; expected the tag of an image, like latest\n' +
      'hint: say --image NAME:TAG; then version is not read\n',
  });
});

test('what old words mean is an event where events are asked for, and left out where silence is', async (t) => {
  // Refused after the line is said, and before an engine is looked for.
  const env = { N: '3' };
  const events = await runScript(CONTAINER, 'start --events --bind x', { env });
  t.is(events.status, 2);
  const lines = events.stderr.trimEnd().split('\n');
  t.like(JSON.parse(lines[0] ?? ''), { type: 'note', message: 'N=3 means 1 master and 2 workers; say --workers 2' });
  t.like(JSON.parse(lines[1] ?? ''), { type: 'error', exitStatus: 2 });
  const quiet = await runScript(CONTAINER, 'start --quiet --bind x', { env });
  t.regex(quiet.stderr, /^error: --bind: got "x"; .*\n$/);
});

test('a manager and another context contradict each other', async (t) => {
  const { status, stderr } = await runScript(CLUSTER, 'status myvm1 --context myvm2');
  t.is(status, 2);
  t.is(
    stderr,
    '"myvm1" is taken as the docker context of the manager; say --context myvm1\n' +
      'error: --context given twice (myvm1, myvm2)\n',
  );
});
