import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { runCli } from '../../../helpers/cli.ts';
import { FakeEngine, SILENCE } from '../../../helpers/fake-engine.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-input-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const compose = path.join(folder, 'broken.yml');
writeFileSync(compose, 'services:\n  master: {}\n  master: {}\n');
writeFileSync(path.join(folder, 'app.jar'), '');

const size = (text: string, advice = ''): string =>
  `--worker-memory: got ${JSON.stringify(text)}; expected a whole number and a unit, like 512m or 2g${advice}`;
const count = (text: string): string =>
  `--workers: got ${JSON.stringify(text)}; expected a whole number from 1 to 1000`;
const cores = (text: string): string =>
  `--worker-cores: got ${JSON.stringify(text)}; expected a number of cores from 0.1 to 1024, like 2 or 0.5`;
const port = (text: string): string =>
  `--port: got ${JSON.stringify(text)}; expected NAME=PORT with NAME one of master, ui, jupyter, history and PORT from 1 to 65535, 0 (a free one) or none`;

interface Row {
  readonly argv: readonly string[];
  readonly message: string;
  readonly hint?: string;
}

const rows: readonly Row[] = [
  ...['deploy', 'resize'].flatMap((command) =>
    ['-1', '0x2', '1e3', '3 ', '', '0', '1001', '+3', '03', '1.5', '٣', 'NaN', 'three'].map((text) => ({
      argv: [command, `--workers=${text}`],
      message: count(text),
    })),
  ),
  { argv: ['deploy', '--workers', '-1'], message: count('-1') },
  { argv: ['deploy', '--worker-memory', '512'], message: size('512', ' (did you mean 512m?)') },
  { argv: ['deploy', '--worker-memory', '0.5g'], message: size('0.5g', ' (did you mean 512m?)') },
  {
    argv: ['deploy', '--worker-memory', '99999999t'],
    message: '--worker-memory: got "99999999t"; no machine has that much',
  },
  { argv: ['deploy', '--worker-memory', '1g '], message: size('1g ') },
  { argv: ['deploy', '--worker-memory', '0'], message: size('0') },
  { argv: ['deploy', '--worker-memory', 'Infinity'], message: size('Infinity') },
  { argv: ['deploy', '--worker-cores', '0'], message: cores('0') },
  { argv: ['deploy', '--worker-cores', '0,5'], message: cores('0,5') },
  { argv: ['deploy', '--worker-cores', '9999999999999999999'], message: cores('9999999999999999999') },
  {
    argv: ['deploy', '--master-memory', '99999999999999999g'],
    message: '--master-memory: got "99999999999999999g"; expected a whole number and a unit, like 512m or 2g',
  },
  { argv: ['deploy', '--port', 'ui'], message: port('ui') },
  { argv: ['deploy', '--port', 'ui=70000'], message: port('ui=70000') },
  { argv: ['deploy', '--port', 'ui=08080'], message: port('ui=08080') },
  { argv: ['deploy', '--port', 'ssh=22'], message: port('ssh=22') },
  { argv: ['deploy', '--port', 'ui=1', '--port', 'ui=2'], message: '--port ui given twice (1, 2)' },
  { argv: ['deploy', '--workers', '3', '--workers', '5'], message: '--workers given twice (3, 5)' },
  { argv: ['start', '--port', 'jupyter=free'], message: port('jupyter=free') },
  { argv: ['start', '--workers', '0'], message: count('0') },
  {
    argv: ['deploy', '--conf', 'spark.sql'],
    message: '--conf: got "spark.sql"; expected spark.KEY=VALUE',
  },
  {
    argv: ['start', '--conf', 'spark.master=local'],
    message: '--conf: spark.master is set by spark-swarm itself; leave it out',
  },
  { argv: ['deploy', '--conf', 'spark.a=1', '--conf', 'spark.a=2'], message: '--conf spark.a given twice (1, 2)' },
  { argv: ['start', '--env', '1A=b'], message: '--env: got "1A=b"; expected NAME=VALUE' },
  { argv: ['start', '--env', 'PATH=/bin'], message: '--env: PATH is set by spark-swarm itself; leave it out' },
  {
    argv: ['deploy', '--env', 'NOT_HERE'],
    message: '--env: got "NOT_HERE", and there is no such variable here; expected NAME=VALUE',
  },
  { argv: ['deploy', '--env', 'A=1', '--env', 'A=2'], message: '--env A given twice (1, 2)' },
  { argv: ['start', '--data='], message: '--data: got ""; expected a folder below /' },
  { argv: ['start', '--data', '/'], message: '--data: got "/"; expected a folder below /' },
  {
    argv: ['start', '--bind', 'everywhere'],
    message: '--bind: got "everywhere"; expected an address of this machine, like 127.0.0.1 or 0.0.0.0',
  },
  {
    argv: ['deploy', '--platform', 'swarm', '--bind', '127.0.0.1'],
    message: '--bind: ports of a swarm listen on every address of a node; expected only with --platform containers',
  },
  {
    argv: ['start', '--constraint', 'node.role==worker'],
    message: '--constraint: there is one machine; expected only with --platform swarm',
  },
  { argv: ['deploy', '--platform', 'moon'], message: '--platform: got "moon"; expected containers or swarm' },
  { argv: ['start', '--data', '/a', '--data', '/b'], message: '--data given twice (/a, /b)' },
  {
    argv: ['stop', '--all'],
    message: 'unknown flag --all',
    hint: 'spark-swarm stop --help',
  },
  {
    argv: ['start', '--notebok'],
    message: 'unknown flag --notebok; did you mean --notebook?',
    hint: 'spark-swarm start --help',
  },
  {
    argv: ['notebook', 'url', 'spark'],
    message: 'unexpected argument "spark"',
    hint: 'spark-swarm notebook url --help',
  },
  {
    argv: ['start', '--registry', 'a.b:5000'],
    message: '--registry: containers run the image of their own engine; expected only with --platform swarm',
  },
  {
    argv: ['image', 'push', '--registry', 'https://a.b'],
    message: '--registry: got "https://a.b"; expected a registry and a path in it, like registry.example:5000/team',
  },
  {
    argv: ['image', 'push', '--nodes', 'a b'],
    message: '--nodes: got "a b"; expected hostnames, like lab-1,lab-2',
  },
  {
    argv: ['image', 'push', 'spark-swarm:latest', 'Not An Image'],
    message: 'IMAGE: got "Not An Image"; expected an image name, like spark-swarm:latest',
  },
  {
    argv: ['deploy', '--constraint', 'disk=ssd'],
    message: '--constraint: got "disk=ssd"; expected one like node.labels.disk==ssd or node.hostname!=n1',
  },
  {
    argv: ['deploy', '--image', 'X Y'],
    message: '--image: got "X Y"; expected an image name, like spark-swarm:latest',
  },
  {
    argv: ['deploy', '--timeout', '5'],
    message: '--timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h',
  },
  {
    argv: ['status', '--name', 'Spark!'],
    message: '--name: got "Spark!"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter',
  },
  { argv: ['status', '--name', 'default'], message: `--name: "default" is a name of Docker's own; choose another` },
  { argv: ['status', '-o', 'xml'], message: '--output: got "xml"; expected table, json or yaml' },
  { argv: ['resize'], message: '--workers: expected how many workers there shall be' },
  {
    argv: ['deploy', '--worker', '3'],
    message: 'unknown flag --worker; did you mean --workers?',
    hint: 'spark-swarm deploy --help',
  },
  {
    argv: ['resize', '--workrs=3'],
    message: 'unknown flag --workrs; did you mean --workers?',
    hint: 'spark-swarm resize --help',
  },
  { argv: ['remove', '--all'], message: 'unknown flag --all', hint: 'spark-swarm remove --help' },
  { argv: ['status', 'spark'], message: 'unexpected argument "spark"', hint: 'spark-swarm status --help' },
  { argv: ['deploy', '--file', compose], message: `${compose}: line 3, column 3: Map keys must be unique` },
  {
    argv: ['deploy', '-f', 'nothere.yml'],
    message: `Cannot read the compose file ${folder}/nothere.yml: there is no such file`,
  },
  {
    argv: ['submit', 'nothere.py'],
    message: 'No such application file: nothere.py',
    hint: 'a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
  },
  {
    argv: ['submit', '/data/app.jar'],
    message: 'Spark job must specify edp.java.main_class',
    hint: '/data/app.jar is a jar: --class NAME names its main class; in a job file: configs: {edp.java.main_class: NAME}',
  },
  {
    argv: ['submit'],
    message: 'Nothing to submit: expected an application (app.py, app.jar) or --example NAME',
    hint: 'spark-submit options come before the application, its arguments after it',
  },
  {
    argv: ['submit', '--example', 'pie'],
    message: '--example: got "pie"; expected one of pi, wordcount, sort, pagerank, kmeans, als, transitive_closure',
  },
  {
    argv: ['submit', '--conf', 'x', '/a.py'],
    message: '--conf: got "x"; expected key=value',
  },
  {
    argv: ['submit', '--conf', 'a=b', '--name', 'B!', '/a.py'],
    message: '--name: got "B!"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter',
  },
  {
    argv: ['logs', '--tail', 'all'],
    message: '--tail: got "all"; expected a whole number from 0 to 999999',
  },
  {
    argv: ['logs', '--since', '10'],
    message: '--since: got "10"; expected a number and a unit, like 30s, 5m or 1h',
  },
];

for (const { argv, message, hint } of rows) {
  test(`spark-swarm ${argv
    .map((word) => (/^[\w./=-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ')
    .replaceAll(folder, '…')}`, async (t) => {
    await using engine = await FakeEngine.start();
    const outcome = await runCli(argv, { env: engine.env, cwd: folder });
    t.is(outcome.stderr, `error: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
    t.is(outcome.stdout, '');
    t.is(outcome.status, 2);
    t.deepEqual(engine.lines, []);
  });
}

const COMMANDS: readonly (readonly string[])[] = [
  ['deploy'],
  ['start'],
  ['stop', '--yes'],
  ['notebook', 'url'],
  ['notebook', 'start'],
  ['status'],
  ['status', '--platform', 'containers'],
  ['status', '--platform', 'swarm'],
  ['resize', '--workers', '3'],
  ['remove', '--yes'],
  ['logs'],
  ['list'],
  ['master-ip'],
  ['submit', '--example', 'pi'],
];

for (const argv of COMMANDS) {
  test(`an engine that is not there is said at once by: ${argv.join(' ')}`, async (t) => {
    const outcome = await runCli(argv, { env: { DOCKER_HOST: 'unix:///nonexistent.sock', HOME: folder } });
    t.deepEqual(outcome, {
      status: 4,
      stdout: '',
      stderr:
        'error: The Docker engine at unix:///nonexistent.sock does not answer: there is no such socket\n' +
        'hint: is it running? "docker info" shows it; --context chooses another engine\n',
    });
  });
}

test('an engine that takes the connection and says nothing is given up within 5 s', async (t) => {
  const silent = (): unknown => SILENCE;
  await using engine = await FakeEngine.start({
    'GET /swarm': silent,
    'GET /info': silent,
    'GET /containers/json': silent,
  });
  const outcome = await runCli(['status'], { env: engine.env });
  t.deepEqual(outcome, {
    status: 4,
    stdout: '',
    stderr:
      `error: The Docker engine at unix://${engine.socketPath} does not answer: no answer within 4.5 s\n` +
      'hint: is it running? "docker info" shows it; --context chooses another engine\n',
  });
});

test('a DOCKER_HOST that is none is said before anything is tried', async (t) => {
  const expected = {
    garbage: 'expected unix:///path, ssh://user@host or tcp://host:port',
    'ssh://me@far/path': 'expected ssh://user@host:port, without a path',
    'tcp://h;id': 'expected unix:///path, ssh://user@host or tcp://host:port',
  };
  for (const [host, sentence] of Object.entries(expected)) {
    t.deepEqual(await runCli(['status'], { env: { DOCKER_HOST: host, HOME: folder } }), {
      status: 2,
      stdout: '',
      stderr: `error: DOCKER_HOST: got ${JSON.stringify(host)}; ${sentence}\n`,
    });
  }
});
