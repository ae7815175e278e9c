import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

import test from 'ava';

import { InvalidStateError } from '../../../src/errors.ts';
import {
  assertSameSpark,
  findSetting,
  FIND_SPARK,
  formatDriverConf,
  judgeWays,
  LISTEN,
  REACH,
  readClusterSpark,
  readReach,
  readSparkHome,
  type DriverWays,
  type Reach,
} from '../../../src/jobs/driver-network.ts';

const seen = (ports: readonly number[], reach: Reach, ...hosts: readonly string[]): ReadonlyMap<string, Reach> =>
  new Map(hosts.flatMap((host) => ports.map((port) => [`${host}:${port}`, reach] as const)));

const ways = (changes: Partial<DriverWays> = {}): DriverWays => ({
  place: 'ssh://ada@gate:22',
  masters: ['10.0.0.1:7077', 'master:7077'],
  workers: ['worker-1:8081', 'worker-2:8081'],
  fromMachine: new Map([
    ['10.0.0.1:7077', 'closed'],
    ['master:7077', 'ok'],
    ['worker-1:8081', 'ok'],
    ['worker-2:8081', 'ok'],
  ]),
  fromWorkers: new Map([
    ['worker-1', new Map([...seen([41, 42], 'closed', '10.9.0.5'), ...seen([41, 42], 'ok', '10.0.0.5')])],
    ['worker-2', seen([41, 42], 'ok', '10.9.0.5', '10.0.0.5')],
  ]),
  addresses: ['10.9.0.5', '10.0.0.5'],
  ports: { driver: 41, blockManager: 42 },
  hasTasks: true,
  ...changes,
});

test('a way is proved by an address of the master, and one of the machine that all workers reach', (t) => {
  t.deepEqual(judgeWays(ways()), { master: 'master:7077', host: '10.0.0.5' });
});

const refusals: readonly (readonly [what: string, changes: Partial<DriverWays>, seen: string, hint: string])[] = [
  [
    'executors whose network does not lead there',
    {
      fromMachine: new Map([
        ['master:7077', 'ok'],
        ['worker-1:8081', 'ok'],
        ['worker-2:8081', 'nameless'],
      ]),
    },
    'from there 1 of 2 workers can be reached (worker-2:8081 has no address there), and results above 1 MB are fetched from them',
    '--driver task runs it in the network of the cluster, as does ssh:// to a node of the swarm; --driver master beside the master',
  ],
  [
    'a firewall before the driver',
    { addresses: ['10.9.0.5'] },
    '1 of 2 workers reach its ports 41 and 42 (tried 10.9.0.5)',
    'let the workers reach two ports there, and say which: --conf spark.driver.port=41 --conf spark.driver.blockManager.port=42; or --driver master',
  ],
  [
    'one of two ports closed',
    {
      fromWorkers: new Map([
        ['worker-1', new Map([...seen([41], 'ok', '10.0.0.5'), ...seen([42], 'closed', '10.0.0.5')])],
      ]),
    },
    '0 of 1 workers reach its ports 41 and 42 (tried 10.9.0.5, 10.0.0.5)',
    'let the workers reach two ports there, and say which: --conf spark.driver.port=41 --conf spark.driver.blockManager.port=42; or --driver master',
  ],
  [
    'nothing at all',
    {
      fromMachine: new Map(),
      fromWorkers: new Map([['worker-1', new Map()]]),
      workers: ['worker-1:8081'],
      hasTasks: false,
    },
    'from there the master does not answer (tried 10.0.0.1:7077, master:7077); from there 0 of 1 workers can be reached (worker-1:8081 does not answer), and results above 1 MB are fetched from them; 0 of 1 workers reach its ports 41 and 42 (tried 10.9.0.5, 10.0.0.5)',
    '--driver master runs it beside the master',
  ],
  [
    'no worker to try it with',
    { workers: [], fromWorkers: new Map() },
    'the cluster has no worker to try it with',
    '--driver task runs it in the network of the cluster, as does ssh:// to a node of the swarm; --driver master beside the master',
  ],
  [
    'workers that the master lists, and none whose container runs',
    { fromWorkers: new Map() },
    'the cluster has no worker to try it with',
    '--driver task runs it in the network of the cluster, as does ssh:// to a node of the swarm; --driver master beside the master',
  ],
];

for (const [what, changes, text, hint] of refusals) {
  test(`refused before a launch: ${what}`, (t) => {
    const error = t.throws(() => judgeWays(ways(changes)), { instanceOf: InvalidStateError });
    t.is(error.message, `Cannot run a driver on ssh://ada@gate:22: ${text}`);
    t.is(error.hint, hint);
  });
}

test("a driver's settings are the cluster's, its secret among them, and the proved way; the last line of a key counts", (t) => {
  const conf = [
    '# --- this container',
    'spark.master spark://master:7077',
    'spark.driver.host 3fa1c0ffee00',
    'spark.eventLog.enabled true',
    'spark.eventLog.dir file:/var/lib/spark/jobs/events',
    'spark.eventLog.rolling.maxFileSize 32m',
    'spark.driver.defaultJavaOptions -Djavax.net.ssl.trustStore=/run/spark/trust',
    'spark.sql.warehouse.dir file:/data/spark-warehouse',
    '',
    'spark.authenticate.secret 00112233445566778899',
  ];
  t.is(
    formatDriverConf(conf, { master: '10.0.0.1:7077', host: '10.0.0.5' }, { driver: 41, blockManager: 42 }),
    [
      '# --- this container',
      'spark.eventLog.rolling.maxFileSize 32m',
      'spark.authenticate.secret 00112233445566778899',
      'spark.master spark://10.0.0.1:7077',
      'spark.driver.host 10.0.0.5',
      'spark.driver.bindAddress 0.0.0.0',
      'spark.driver.port 41',
      'spark.driver.blockManager.port 42',
      '',
    ].join('\n'),
  );
});

test('a port that the user chooses is found among the options, the last one', (t) => {
  const options = ['--conf', 'spark.driver.port=1', '--class', 'spark.driver.port=2', '-c', 'spark.driver.port=3=4'];
  t.is(findSetting(options, 'spark.driver.port'), '3=4');
  t.is(findSetting(['--conf=spark.driver.host=here'], 'spark.driver.host'), 'here');
  t.is(findSetting(options, 'spark.driver.host'), undefined);
});

const there = readClusterSpark('4.2.1\n3.13\nspark.master x\n');
const here = readSparkHome('/opt/spark\n4.2.1\n/opt/java/bin\n3.13\n/usr/bin:/bin\n');
const unlike: readonly (readonly [text: string, seen: string, hint: string])[] = [
  [
    '\n\n\n\n/usr/bin',
    'there is no Spark (no spark-submit in its PATH, in SPARK_HOME, or in /opt/spark)',
    'pip install pyspark==4.2.1 there, or set SPARK_HOME in ~/.profile',
  ],
  ['/s\n4.2.1\n\n3.13\n/bin', 'there is no java', 'install Java 17 or 21 there, or set JAVA_HOME in ~/.profile'],
  [
    '/s\n3.5.1\n/j\n3.13\n/bin',
    "its Spark in /s is 3.5.1, and the cluster's is 4.2.1",
    'pip install pyspark==4.2.1 there',
  ],
  [
    '/s\n\n/j\n3.13\n/bin',
    "its Spark in /s is of no version, and the cluster's is 4.2.1",
    'pip install pyspark==4.2.1 there',
  ],
  [
    '/s\n4.2.1\n/j\n3.11\n/bin',
    'its Python is 3.11, and that of the executors is 3.13',
    'install Python 3.13 there, or run it beside the master: --driver master',
  ],
];

test('the same Spark and the same Python do', (t) => {
  t.deepEqual(there.conf, ['spark.master x', '']);
  t.deepEqual(here, {
    home: '/opt/spark',
    version: '4.2.1',
    java: '/opt/java/bin',
    python: '3.13',
    path: '/usr/bin:/bin',
  });
  t.notThrows(() => assertSameSpark('ssh://gate:22', here, there, true));
  t.notThrows(() => assertSameSpark('ssh://gate:22', { ...here, python: '3.11' }, there, false));
});

for (const [text, what, hint] of unlike) {
  test(`another Spark is refused: ${what}`, (t) => {
    const error = t.throws(() => assertSameSpark('ssh://gate:22', readSparkHome(`${text}\n`), there, true), {
      instanceOf: InvalidStateError,
    });
    t.is(error.message, `Cannot run a driver on ssh://gate:22: ${what}`);
    t.is(error.hint, hint);
  });
}

test('what a machine says of its Spark is read in whatever shell it has, also where there is none', (t) => {
  const { status, stdout } = spawnSync('sh', ['-c', FIND_SPARK], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
  });
  t.is(status, 0);
  t.is(stdout.split('\n').length, 6, stdout);
  t.true(readSparkHome(stdout).path.includes('/bin'));
});

test('an open port is told from a closed one, and from a name that nobody knows', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const words = [`127.0.0.1:${port}`, `localhost:${port}`, '127.0.0.1:1', 'no-such-host.invalid:80'];
  const child = spawn('sh', ['-c', REACH, 'reach', ...words]);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  server.close();
  const found = readReach(Buffer.concat(chunks).toString());
  t.deepEqual(
    words.map((word) => found.get(word)),
    ['ok', 'ok', 'closed', 'nameless'],
  );
});

for (const [program, hidden] of [
  ['python3', []],
  ['perl', ['python3']],
] as const) {
  test(`${program} holds two free ports open until it is killed`, async (t) => {
    // A command that is hidden cannot be found by name.
    const hide = hidden.map((name) => `command() { [ "$2" != ${name} ] && builtin command "$@"; }\n`).join('');
    const child = spawn('bash', ['-c', `${hide}${LISTEN}`, 'listen', '0', '0']);
    t.teardown(() => child.kill());
    // A Python whose output has no buffer writes the line word by word.
    const [first] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const [pid, ...ports] = first.split(' ');
    t.is(ports.length, 2);
    const words = ports.map((port) => `127.0.0.1:${port}`);
    const reached = (): ReadonlyMap<string, Reach> =>
      readReach(spawnSync('sh', ['-c', REACH, 'reach', ...words], { encoding: 'utf8' }).stdout);
    t.deepEqual([...reached().values()], ['ok', 'ok']);
    process.kill(Number(pid));
    await once(child, 'close');
    t.deepEqual([...reached().values()], ['closed', 'closed']);
  });
}
