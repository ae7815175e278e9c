import { readFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { projectRoot } from '../helpers/cli.ts';
import { ImageContainers } from '../helpers/image-containers.ts';
import { waitFor } from '../helpers/wait-for.ts';

const NOTEBOOK = 'spark-swarm:latest-notebook';
const TOKEN = '0123456789abcdef0123456789abcdef';
const runCells = await readFile(path.join(projectRoot, 'test/jobs/notebook_cells.py'), 'utf8');

let containers: ImageContainers;
let volumes: { readonly secrets: string; readonly data: string };

test.before(async (t) => {
  t.timeout(1_800_000);
  containers = await ImageContainers.start('notebook');
  const secrets = await containers.addVolume(
    'secrets',
    `printf ${TOKEN} >notebook-token; printf 0123456789abcdef >spark-auth-secret; chmod 400 *; chown 4711 *`,
  );
  const data = await containers.addVolume('data', 'chown 4711:185 .; chmod 2775 .');
  volumes = { secrets: `${secrets}:/run/secrets:ro`, data: `${data}:/data` };
  const shared = [volumes.secrets, volumes.data];
  await containers.start('master', ['master'], { volumes: shared, flags: ['--add-host', 'master:0.0.0.0'] });
  for (const name of ['worker-1', 'worker-2'])
    await containers.start(name, ['worker'], {
      volumes: shared,
      env: { SPARK_WORKER_CORES: '2', SPARK_WORKER_MEMORY: '2g' },
    });
  await waitFor('4 cores ALIVE', {
    read: async () => (await readMaster()).aliveCores,
    until: (cores) => cores === 4,
    limitMs: 180_000,
  });
  await containers.start('notebook', [], { image: NOTEBOOK, volumes: [...shared, '/notebooks'] });
  await waitFor('JupyterLab', { read: async () => ask('/api'), until: (status) => status === 200, limitMs: 180_000 });
});

test.after.always(async () => {
  await containers?.[Symbol.asyncDispose]();
});

interface MasterState {
  readonly aliveCores: number;
  readonly active: readonly string[];
}

async function readMaster(): Promise<MasterState> {
  const script = `import json, urllib.request
state = json.load(urllib.request.urlopen('http://master:8080/json/'))
cores = sum(worker['cores'] for worker in state['workers'] if worker['state'] == 'ALIVE')
print(json.dumps({'aliveCores': cores, 'active': [app['name'] for app in state['activeapps']]}))`;
  return JSON.parse(await containers.exec('master', ['python3', '-'], { input: script })) as MasterState;
}

/** The status of a request to JupyterLab, made in its container. */
async function ask(address: string, { token = '', method = 'GET' } = {}): Promise<number> {
  const script = `import requests, sys
method, address, token = sys.argv[1:]
print(requests.request(method, 'http://127.0.0.1:8888' + address, headers={'Authorization': 'token ' + token} if token else {}).status_code)`;
  return Number(await containers.exec('notebook', ['python3', '-', method, address, token], { input: script }));
}

async function runInNotebook(cells: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return containers.exec('notebook', ['python3', '-', ...cells], { input: runCells, env });
}

const refusals: readonly (readonly [title: string, script: string, message: string])[] = [
  [
    'that is missing',
    ':',
    'there is no /run/secrets/notebook-token: mount a file with one line of at least 16 letters and digits (for example: openssl rand -hex 32)',
  ],
  [
    'that is another user’s',
    `printf ${TOKEN} >notebook-token; chmod 400 notebook-token`,
    '/run/secrets/notebook-token is not readable by uid 4711: give the secret mode 0400 and uid 4711',
  ],
  [
    'that is empty',
    ': >notebook-token',
    '/run/secrets/notebook-token must hold one line of at least 16 characters out of A-Z a-z 0-9 - . _ ~ (for example: openssl rand -hex 32)',
  ],
];

for (const [number, [title, script, message]] of refusals.entries()) {
  test.serial(`a notebook does not start with a token ${title}`, async (t) => {
    const volume = await containers.addVolume(`refused-${number}`, script);
    const outcome = await containers.run(['notebook'], { image: NOTEBOOK, volumes: [`${volume}:/run/secrets:ro`] });
    t.deepEqual([outcome.status, outcome.stdout, outcome.stderr.trim()], [78, '', `spark-swarm: ${message}`]);
  });
}

test.serial('the image without JupyterLab says so', async (t) => {
  const { status, stderr } = await containers.run(['notebook']);
  t.is(status, 78);
  t.is(stderr.trim(), "spark-swarm: this image has no JupyterLab: use the one of the Dockerfile's target notebook");
});

test.serial('JupyterLab lets in whoever has the token, which no log, argument or variable shows', async (t) => {
  t.is(await ask('/api/contents'), 403);
  t.is(await ask('/api/contents', { token: 'wrong' }), 403);
  t.is(await ask('/api/contents/data', { token: TOKEN }), 200);
  t.is(await ask('/lab', { token: TOKEN }), 200);
  t.false((await containers.logs('notebook')).includes(TOKEN));
  const processes = await containers.exec('notebook', ['sh', '-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ']);
  t.true(processes.includes('jupyter-lab'));
  t.false(processes.includes(TOKEN));
});

test.serial('the link to /data cannot be deleted in the file browser', async (t) => {
  t.is(await ask('/api/contents/data', { token: TOKEN, method: 'DELETE' }), 500);
  t.is(await ask('/api/contents/data', { token: TOKEN }), 200);
});

test.serial('a cell computes on the cluster with half of its cores', async (t) => {
  const output = await runInNotebook([
    `from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
context = spark.sparkContext
print(context.master, context.appName, spark.conf.get('spark.cores.max'))`,
    `import os, socket, time
# Longer than one executor comes after the other.
host = lambda _: time.sleep(5) or socket.gethostname()
print(spark.range(1_000_000).count(), len(set(context.parallelize(range(8), 8).map(host).collect())))
spark.range(1000).write.parquet('/data/half/rows.parquet')
print(spark.read.parquet('/data/half/rows.parquet').count(), os.getcwd())`,
  ]);
  t.deepEqual(output.split('\n'), ['spark://master:7077 notebook 2', '1000000 2', '1000 /notebooks']);
});

test.serial('what executors write to /data can be changed by its group', async (t) => {
  const listed = await containers.exec('master', ['find', '/data', '-mindepth', '1', '-printf', '%y %m %u:%G\n']);
  const kinds = [...new Set(listed.split('\n'))].toSorted();
  t.deepEqual(kinds, ['d 2775 spark-user:185', 'f 664 spark-user:185']);
});

test.serial('a cell can ask for other cores and another name', async (t) => {
  const output = await runInNotebook([
    `from pyspark.sql import SparkSession
spark = SparkSession.builder.appName('mine').config('spark.cores.max', '3').getOrCreate()
spark.range(10).count()
import json, time, urllib.request
deadline = time.time() + 30
while time.time() < deadline:
    apps = json.load(urllib.request.urlopen('http://master:8080/json/'))['activeapps']
    seen = [(app['name'], app['cores']) for app in apps]
    if seen == [('mine', 3)]: break
print(seen)`,
  ]);
  t.is(output, "[('mine', 3)]");
});

const defaults: readonly (readonly [title: string, env: Readonly<Record<string, string>>, expected: string])[] = [
  [
    'without a master 1 core',
    { SPARK_MASTER_NAME: 'nobody.invalid' },
    '--conf spark.cores.max=1 --name notebook pyspark-shell',
  ],
  ['in whole executors', { SPARK_EXECUTOR_CORES: '2' }, '--conf spark.cores.max=2 --name notebook pyspark-shell'],
  ['at least one executor', { SPARK_EXECUTOR_CORES: '3' }, '--conf spark.cores.max=3 --name notebook pyspark-shell'],
  ["the cluster's own settings win", { SPARK_SWARM_CONF: 'spark.cores.max 3\nspark.app.name ours' }, 'pyspark-shell'],
  ['PYSPARK_SUBMIT_ARGS stays', { PYSPARK_SUBMIT_ARGS: '--name x pyspark-shell' }, '--name x pyspark-shell'],
];

for (const [title, env, expected] of defaults) {
  test.serial(`what a kernel takes: ${title}`, async (t) => {
    const script = `import os
exec(open('/opt/spark-swarm/notebook/cluster-defaults.py').read())
print(os.environ['PYSPARK_SUBMIT_ARGS'])`;
    const command = ['python3', '-c', script];
    const { stdout, stderr } = await containers.run(command, { image: NOTEBOOK, env });
    t.is(stdout.trim(), expected, stderr);
  });
}

test.serial('a notebook that is stopped ends its kernels and their applications', async (t) => {
  const busy = `from pyspark.sql import SparkSession
context = SparkSession.builder.getOrCreate().sparkContext
context.parallelize(range(4), 4).map(lambda _: __import__('time').sleep(300)).count()`;
  await runInNotebook([busy], { KEEP_KERNEL: '1', NO_WAIT: '1' });
  const read = async (): Promise<readonly string[]> => (await readMaster()).active;
  await waitFor('the application', { read, until: (active) => active.includes('notebook'), limitMs: 180_000 });
  const { status, tookMs } = await containers.stop('notebook');
  t.is(status, 0);
  t.true(tookMs < 15_000, `it took ${tookMs} ms`);
  await waitFor('no application', { read, until: (active) => active.length === 0, limitMs: 20_000 });
  t.pass();
});
