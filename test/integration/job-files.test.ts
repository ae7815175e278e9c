import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import type { TestCluster } from '../helpers/cluster.ts';
import type { Outcome } from '../helpers/lab-command.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';

usePlainEngine();

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-job-files-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);

// Only the driver's own view is asked for: no executor is needed.
write(
  'show.py',
  `import json, os, sys
from pyspark import SparkConf, SparkContext

SparkContext._ensure_initialized()
conf = SparkConf()
process = os.getppid()
print(json.dumps({
    "args": sys.argv[1:],
    "environment": {name: os.environ.get(name) for name in ("LEVEL", "ODD", "INPUT", "OUTPUT")},
    "conf": {key: conf.get(key) for key in ("spark.master", "spark.executor.memory", "spark.swarm.jobId", "spark.hadoop.fs.x.password")},
    "files": {name: oct(os.stat(name).st_mode & 0o777) for name in sorted(os.listdir("."))},
    "folder": oct(os.stat("..").st_mode & 0o777),
    "isPasswordInArguments": "s3cret" in open(f"/proc/{process}/cmdline").read(),
}))
`,
);
write('helper.py', 'x = 1\n');
write('data.txt', 'beside the script\n');
write('sleeps.sh', 'sleep 600\n');
write('script.sh', 'printf "<%s>" "$@" "$LEVEL"; cat data.txt; exit 3\n');

const ODD = [
  '',
  ' a  b ',
  "it's",
  '"',
  '$(touch x)',
  '`id`',
  'a\nb\n',
  ';',
  '*',
  '\\',
  '--conf',
  'ü',
  'x'.repeat(100 * 1024),
];
const PASSWORD = 's3cret =:#!\\ end';

write(
  'job.json',
  JSON.stringify({
    type: 'Spark',
    name: 'from-file',
    mains: ['show.py'],
    libs: ['helper.py'],
    args: [...ODD, 'datasource://books'],
    params: { LEVEL: 'debug', ODD: "it's $(id)\n'" },
    configs: {
      'edp.substitute_data_source_for_name': true,
      'edp.spark.adapt_for_swift': true,
      'fs.x.password': PASSWORD,
      'spark.executor.memory': '512m',
    },
    input: 'datasource://books',
    output: '/data/out-%JOB_EXEC_ID%',
  }),
);

interface Capsule {
  readonly image: { readonly name: string; readonly id: string };
}

let cluster: TestCluster;
const run = async (...words: readonly string[]): Promise<Outcome> =>
  theEngine().run('bin/spark-swarm', words, { cwd: folder, env: { XDG_CONFIG_HOME: folder } });
const job = async (verb: string, ...words: readonly string[]): Promise<Outcome> =>
  run('job', verb, '--name', cluster.name, ...words);

test.before(async (t) => {
  t.timeout(300_000);
  cluster = theEngine().cluster('jobfiles');
  const { status, stderr } = await cluster.deploy('--workers', '1');
  t.is(status, 0, stderr);
});

test('a job file with the older keys: arguments, variables and properties arrive byte for byte, passwords where nobody sees them', async (t) => {
  t.is((await run('job', 'data-source', 'add', 'books', 'hdfs://nn/in-%RANDSTR(4)%')).status, 0);
  const started = await job('run', '--file', 'job.json', '--id', '00000000000a');
  t.is(started.status, 0, started.stderr);
  t.is(started.stdout, '00000000000a\n');
  const ended = await job('wait', '00000000000a');
  t.is(ended.status, 0, ended.stderr);
  const { stdout } = await job('logs', '00000000000a');
  const shown = JSON.parse(stdout) as {
    readonly args: readonly string[];
    readonly environment: { readonly INPUT: string };
  };
  const { INPUT } = shown.environment;
  t.regex(INPUT, /^hdfs:\/\/nn\/in-[a-z]{4}$/);
  t.deepEqual(shown, {
    args: [...ODD, INPUT],
    environment: { LEVEL: 'debug', ODD: "it's $(id)\n'", INPUT, OUTPUT: '/data/out-00000000000a' },
    conf: {
      'spark.master': 'spark://master:7077',
      'spark.executor.memory': '512m',
      'spark.swarm.jobId': '00000000000a',
      'spark.hadoop.fs.x.password': PASSWORD,
    },
    files: { 'helper.py': '0o600', 'show.py': '0o600', 'spark-swarm-job.properties': '0o600' },
    folder: '0o700',
    isPasswordInArguments: false,
  });
});

test('the same file with the same id is the same job; another argument makes it another', async (t) => {
  const runWith = async (argument: string): ReturnType<typeof job> =>
    job('run', '--type', 'shell', '--id', '00000000000b', '--lib', 'data.txt', '--', 'script.sh', argument);
  t.is((await runWith('1')).status, 0);
  t.is((await job('wait', '00000000000b')).status, 3);
  const again = await runWith('1');
  t.is(again.status, 0, again.stderr);
  t.is(again.stdout, '00000000000b\n');
  const other = await runWith('2');
  t.is(other.status, 5);
  t.regex(other.stderr, /^error: There is another job with the id 00000000000b in the master of "[^"]+"\n/);
});

test('a job that has ended goes into a file, and runs again from that and from its record, byte for byte', async (t) => {
  const flags = ['--type', 'shell', '--lib', 'data.txt', '--param', "LEVEL=it's"];
  const { stdout: first } = await job('run', ...flags, '--', 'script.sh', ...ODD);
  const id = first.trim();
  t.is((await job('wait', id)).status, 3);
  const { stdout: printed } = await job('logs', id);
  const file = path.join(folder, `script-${id}.tar.gz`);
  const exported = await job('export', id);
  t.is(exported.stdout, `${file}\n`, exported.stderr);
  const over = await job('export', id);
  t.is(over.status, 2);
  t.is(over.stderr, `error: FILE: cannot write ${file}: it is there already; expected a new name\n`);
  const about = JSON.parse(execFileSync('tar', ['-xzOf', file, `script-${id}/capsule.json`]).toString()) as Capsule;
  t.like(about, { job: { id, state: 'DONEWITHERROR', exitCode: 3 }, image: { name: theEngine().image } });
  t.regex(about.image.id, /^sha256:[0-9a-f]{64}$/);
  const versions = execFileSync('tar', ['-xzOf', file, `script-${id}/versions.txt`]).toString();
  t.regex(versions, /^spark-core_2\.13-4\..*\.jar\nPython 3\..*\nopenjdk version /);
  for (const again of [
    ['--capsule', file],
    ['--retry', id],
  ]) {
    const { stdout, stderr } = await job('run', ...again);
    t.not(stdout, first);
    const next = stdout.trim();
    t.is(stderr, `script runs; spark-swarm job logs -f --name ${cluster.name} ${next}\n`);
    t.is((await job('wait', next)).status, 3);
    t.is((await job('logs', next)).stdout, printed);
  }
  await job('run', ...flags, '--id', '00000000000c', '--', 'sleeps.sh');
  const running = await job('run', '--retry', '00000000000c');
  t.is(running.status, 1);
  t.is(
    running.stderr,
    `error: The job 00000000000c has not ended: it is RUNNING\nhint: spark-swarm job wait --name ${cluster.name} 00000000000c\n`,
  );
  const removed = await run('remove', '--name', cluster.name);
  t.is(removed.status, 5);
  t.regex(removed.stderr, /^error: There is no terminal to ask on: Remove the cluster ".*"\? .*sleeps-00000000000c/m);
  await job('cancel', '00000000000c');
});

test('a shell job gets its arguments, its variables and its files, and its own status is the end of the wait', async (t) => {
  const started = await job(
    'run',
    '--type',
    'shell',
    '--lib',
    'data.txt',
    '--param',
    'LEVEL=a b',
    '--',
    'script.sh',
    ...ODD,
  );
  t.is(started.status, 0, started.stderr);
  const id = started.stdout.trim();
  t.is((await job('wait', id)).status, 3);
  t.is((await job('logs', id)).stdout, `${[...ODD, 'a b'].map((text) => `<${text}>`).join('')}beside the script\n`);
});

test("a properties file of the user's own is read besides the cluster's, not instead of them", async (t) => {
  write('own.conf', 'spark.executor.memory 600m\n');
  const { status, stdout, stderr } = await theEngine().run(
    'bin/submit',
    ['--name', cluster.name, '--properties-file', 'own.conf', 'show.py'],
    { cwd: folder },
  );
  t.is(status, 0, stderr);
  t.like((JSON.parse(stdout) as { readonly conf: object }).conf, {
    'spark.master': 'spark://master:7077',
    'spark.executor.memory': '600m',
  });
});
