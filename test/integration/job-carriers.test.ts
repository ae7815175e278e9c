import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { LABELS } from '../../src/labels.ts';
import type { TestCluster } from '../helpers/cluster.ts';
import type { Outcome } from '../helpers/lab-command.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { must } from '../helpers/must.ts';
import { Operator } from '../helpers/operator.ts';
import { waitFor } from '../helpers/wait-for.ts';

// Drivers as one-shot services of a swarm, with real Spark: beside the master, and on a node that is entered by ssh.
useLab(2);

let folder = '';
let cluster: TestCluster;
let operator: Operator;
/** `ssh://` to the second node, as a user who may not use its engine. */
let node = '';

/** Four results of 5 MB: above 1 MiB a driver fetches them from the executors, who must be reachable for it. */
const COLLECT = `
import os, socket, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("collect").getOrCreate()
rows = spark.sparkContext.parallelize(range(4), 2).map(lambda _: b"x" * (5 << 20)).collect()
print("collected", sum(len(row) for row in rows), "as", os.getuid(), sys.argv[1:])
spark.stop()
sys.exit(int(os.environ.get("CODE", "0")))
`;

const ENDLESS = `
import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("endless").getOrCreate()
print("running", flush=True)
spark.sparkContext.parallelize(range(2), 2).foreach(lambda _: time.sleep(600))
`;

/** For jobs that a cancel has to end with INT: on a busy machine a JVM needs longer than the default. */
const PATIENT = ['--grace', '60s'];

test.before(async (t) => {
  t.timeout(600_000);
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-carriers-'));
  await writeFile(path.join(folder, 'collect.py'), COLLECT);
  await writeFile(path.join(folder, 'endless.py'), ENDLESS);
  operator = await Operator.create('ada', folder);
  const second = theLab().nodes[1];
  if (!second) throw new Error('the lab has no second node');
  node = await letIn(second.container);
  cluster = theCluster('carriers');
  const { status, stderr } = await cluster.deploy('--workers', '2');
  if (status !== 0) throw new Error(stderr);
});

test.after.always(async () => rm(folder, { recursive: true, force: true }));

/** Starts an sshd in a lab's node, with a user of its own who may not use the engine. @returns `ssh://…` */
async function letIn(container: string): Promise<string> {
  const script = [
    'useradd --create-home --shell /bin/bash ada',
    'install -d -m 700 -o ada -g ada /home/ada/.ssh',
    'printf "%s\\n" "$1" > /home/ada/.ssh/authorized_keys',
    'chown ada:ada /home/ada/.ssh/authorized_keys',
    "usermod --password '*' ada",
    'mkdir -p /run/sshd',
    'ssh-keygen -A >/dev/null',
    '/usr/sbin/sshd',
    'cat /etc/ssh/ssh_host_ed25519_key.pub',
  ].join(' && ');
  const hostKey = await must('docker', ['exec', container, 'sh', '-c', script, 'sshd', await operator.readPublicKey()]);
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const address = await must('docker', ['inspect', '--format', format, container]);
  await writeFile(operator.knownHostsFile, `${address} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`);
  return `ssh://ada@${address}`;
}

/** A command on jobs, by the operator whose key the node knows. */
async function job(verb: string, ...words: readonly string[]): Promise<Outcome> {
  const ssh = words.some((word) => word.startsWith('ssh://')) ? { PATH: operator.env['PATH'] } : {};
  return theLab().run('bin/job', [verb, '--name', cluster.name, ...words], { env: ssh, limitMs: 240_000 });
}

const file = (name: string): string => path.join(folder, name);

/** Names of the one-shot services of this cluster's jobs. */
const services = async (): Promise<string> =>
  theLab().docker('service', 'ls', '--filter', `label=${LABELS.job}`, '--format', '{{.Name}}');

async function start(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await job('run', ...words);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function waitForOutput(id: string, text: string, ...words: readonly string[]): Promise<void> {
  await waitFor(`the job ${id} to print ${text}`, {
    read: async () => job('logs', ...words, id),
    until: ({ stdout }) => stdout.includes(text),
    show: ({ stdout, stderr }) => stdout + stderr,
    limitMs: 240_000,
  });
}

const state = async (id: string, ...words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await job('status', ...words, '-o', 'json', id);
  const { job: seen } = JSON.parse(stdout === '' ? '{}' : stdout) as { job?: { state: string; reason: string } };
  return seen ? `${seen.state} ${seen.reason}`.trim() : stderr;
};

test.serial(
  'a Python application runs as a task beside the master, gets its words as they are, and leaves no service',
  async (t) => {
    const words = ['a b', "it's", '$HOME', 'é\n;'];
    const id = await start('--driver', 'task', file('collect.py'), ...words);
    t.is(await services(), `${cluster.name}_job-${id}`);
    t.like(await job('wait', id), { status: 0 });
    t.is(
      (await job('logs', id)).stdout,
      `collected 20971520 as 185 ${JSON.stringify(words).replaceAll('",', '", ').replaceAll('"', "'").replace("'it's'", '"it\'s"')}\n`,
    );
    t.is(await services(), '');
  },
);

test.serial(
  'submit --deploy-mode cluster ends with the status of the application, and streams its output',
  async (t) => {
    const { status, stdout } = await cluster.submit(['--deploy-mode', 'cluster', file('collect.py')], {
      limitMs: 240_000,
    });
    t.is(stdout, 'collected 20971520 as 185 []\n');
    t.is(status, 0);
    t.is(await services(), '');
  },
);

test.serial('a jar runs as a task, too', async (t) => {
  // An application that Spark's own library for machine learning has: it writes points into a folder.
  const jar = await theLab().docker(
    'run',
    '--rm',
    '--entrypoint',
    'sh',
    theLab().image,
    '-c',
    'ls /opt/spark/jars/spark-mllib_*.jar',
  );
  const main = 'org.apache.spark.mllib.util.KMeansDataGenerator';
  const words = ['spark://master:7077', '/data/points', '20', '2', '2', '0.5', '2'];
  const id = await start('--driver', 'task', '--class', main, jar, ...words);
  const { status, stderr } = await job('wait', id);
  t.is(status, 0, stderr);
  t.is((await must('sh', ['-c', `cat ${theLab().data}/points/part-* | wc -l`])).trim(), '20');
});

test.serial('a driver that does not fit on the node is refused with the sum, and leaves nothing', async (t) => {
  const { status, stderr } = await job('run', '--driver', 'task', '--driver-memory', '4000g', file('collect.py'));
  t.is(status, 2, stderr);
  t.regex(
    stderr,
    /The driver does not fit on \S+-1: 4000g driver \+ 384m overhead = 4096384m, and of its \w+ are \w+ reserved by services/,
  );
  t.is(await services(), '');
  t.notRegex((await job('list')).stdout, /PENDING|RUNNING/);
});

test.serial('a deploy leaves the tasks of jobs alone, and a cancel ends one with its application', async (t) => {
  const id = await start('--driver', 'task', ...PATIENT, file('endless.py'));
  await waitForOutput(id, 'running');
  const deployed = await cluster.make(['--name', cluster.name]);
  t.is(deployed.status, 0, deployed.stderr);
  t.is(await state(id), 'RUNNING');
  const { status, stdout, stderr } = await job('cancel', id);
  t.is(status, 0, stderr);
  t.regex(stdout + stderr, new RegExp(`${id} KILLED`));
  t.is(await state(id), 'KILLED');
  t.is(await services(), '');
  const { master } = await cluster.statusWithMaster();
  t.deepEqual(master?.applications, []);
});

test.serial(
  'on a node that is entered by ssh a driver is a task there, in the network of the cluster, as that user',
  async (t) => {
    const at = ['--driver', node];
    const id = await start(...at, file('collect.py'));
    const { status, stderr } = await job('wait', ...at, id);
    t.is(status, 0, stderr);
    // As the image's user it would be 185, and in the volume of the master.
    t.regex((await job('logs', ...at, id)).stdout, /^collected 20971520 as 1\d{3} \[\]\n$/);
    t.is(await services(), '');
    t.regex((await job('list', ...at)).stdout, new RegExp(id));
    t.notRegex((await job('list')).stdout, new RegExp(id));
  },
);

test.serial('on such a node a job is cancelled by way of its container', async (t) => {
  const at = ['--driver', node];
  const id = await start(...at, ...PATIENT, file('endless.py'));
  await waitForOutput(id, 'running', ...at);
  const { status, stdout, stderr } = await job('cancel', ...at, id);
  t.is(status, 0, stderr);
  t.regex(stdout + stderr, new RegExp(`${id} KILLED`));
  t.is(await state(id, ...at), 'KILLED');
  t.is(await services(), '');
});

test.serial('the end of the cluster is the end of its tasks, and their records say so to the next one', async (t) => {
  const id = await start('--driver', 'task', file('endless.py'));
  await waitForOutput(id, 'running');
  const { status, stderr } = await cluster.remove();
  t.is(status, 0, stderr);
  t.is(await services(), '');
  t.is((await cluster.deploy('--workers', '1')).status, 0);
  // TERM reached it, and nobody had asked for a cancel.
  t.regex(await state(id), /^DONEWITHERROR /);
  t.is((await cluster.remove('--volumes')).status, 0);
});
