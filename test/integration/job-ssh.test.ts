import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import type { TestCluster } from '../helpers/cluster.ts';
import type { Outcome } from '../helpers/lab-command.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { TestMachines } from '../helpers/machines.ts';
import { must } from '../helpers/must.ts';
import type { StandIn } from '../helpers/stand-in.ts';

// Drivers on a machine of their own, by ssh: the way that is proved, and real Spark.
usePlainEngine();

let set: TestMachines;
let machine: StandIn;
let cluster: TestCluster;
let folder = '';

const SESSION = `
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
`;

const COLLECT = `
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("collect").getOrCreate()
rows = spark.sparkContext.parallelize(range(4), 2).map(lambda _: b"x" * (5 << 20)).collect()
print("collected", sum(len(row) for row in rows), sys.argv[1:])
spark.stop()
`;

test.before(async (t) => {
  t.timeout(600_000);
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-job-ssh-'));
  await writeFile(path.join(folder, 'collect.py'), COLLECT);
  set = await TestMachines.start({ machines: [{ engine: false }], prefix: 'edge' });
  [machine] = set.machines as [StandIn];
  cluster = theEngine().cluster('ssh');
  const [started] = await Promise.all([cluster.deploy('--workers', '2'), installSpark()]);
  if (started.status !== 0) throw new Error(started.stderr);
  // `ssh` is looked for in this process's PATH.
  Object.assign(process.env, { PATH: set.env['PATH'] });
});

test.after.always(async () => {
  await cluster?.remove('--volumes');
  await set?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What the image has, and pip would have installed: Spark, Java, Python. */
async function installSpark(): Promise<void> {
  const unpack = `docker exec --interactive ${machine.container} tar -C / -x --skip-old-files`;
  const pack = `docker run --rm --entrypoint tar ${theEngine().image} -C / -c opt/spark opt/java opt/python usr`;
  await must('bash', ['-c', `set -o pipefail; ${pack} | ${unpack}`]);
  await machine.must("echo 'PATH=/opt/python/bin:$PATH' >> /home/ops/.profile");
}

async function job(verb: string, ...words: readonly string[]): Promise<Outcome> {
  return theEngine().run('bin/job', [verb, '--name', cluster.name, ...words], {
    env: { PATH: set.env['PATH'] },
    limitMs: 240_000,
  });
}

const AT = ['--driver', 'ssh://ops@edge1'] as const;
const collect = (): string => path.join(folder, 'collect.py');
const network = (): string => `${cluster.name}-spark`;

test.serial(
  'a machine that cluster and driver do not reach each other from is refused before anything is sent',
  async (t) => {
    const { status, stderr } = await job('run', ...AT, collect());
    t.is(status, 1, stderr);
    t.regex(
      stderr,
      /Cannot run a driver on ssh:\/\/ops@edge1:22: from there the master does not answer \(tried master:7077\); from there 0 of 2 workers can be reached \([0-9a-f]{12}:8081 has no address there\), and results above 1 MB are fetched from them; 0 of 2 workers reach its ports \d+ and \d+ \(tried 192\.168\.[\d., ]+\)/,
    );
    t.regex(stderr, /hint: --driver master runs it beside the master/);
    t.is(await machine.must('ls -A /home/ops/.spark-swarm 2>/dev/null | wc -l'), '0');
  },
);

test.serial('containers of one engine have no tasks, and say what has the same use', async (t) => {
  const { status, stderr } = await job('run', '--driver', 'task', collect());
  t.is(status, 2, stderr);
  t.regex(
    stderr,
    new RegExp(
      `--driver task: the cluster "${cluster.name}" is in containers of one engine, which has no one-shot services; expected master or ssh://user@host`,
    ),
  );
  t.regex(stderr, /submit --detach/);
});

test.serial(
  'once both directions are proved, the driver runs there and fetches 5 MB from each of the executors',
  async (t) => {
    await must('docker', ['network', 'connect', network(), machine.container]);
    const words = ['a b', "it's", '$HOME'];
    const { status, stdout, stderr } = await job('run', ...AT, collect(), ...words);
    t.is(status, 0, stderr);
    const id = stdout.trim();
    const secret = await must('docker', [
      'exec',
      `${cluster.name}-master-1`,
      'sh',
      '-c',
      "sed -n 's/^spark.authenticate.secret //p' $SPARK_CONF_DIR/spark-defaults.conf",
    ]);
    t.is(secret.length, 64);
    const processes = await machine.must('ps -eo args');
    t.false(processes.includes(secret), 'the secret is in no argument list');
    const waited = await job('wait', ...AT, id);
    t.is(waited.status, 0, waited.stderr);
    t.is((await job('logs', ...AT, id)).stdout, `collected 20971520 ['a b', "it's", '$HOME']\n`);
    const record = `/home/ops/.spark-swarm/jobs/${cluster.name}/collect-${id}`;
    t.is(await machine.must(`find ${record} ! -perm /077 | wc -l`), await machine.must(`find ${record} | wc -l`));
    t.is(await machine.must(`grep -rl ${secret} ${record}`), `${record}/conf/spark-defaults.conf`);
    const file = path.join(folder, 'collect.tar.gz');
    const exported = await job('export', ...AT, id, file);
    t.is(exported.stdout, `${file}\n`, exported.stderr);
    t.is(await must('sh', ['-c', `tar -xzOf ${file} | grep -c ${secret} || true`]), '0');
    const again = await job('run', '--retry', id, ...AT);
    t.is((await job('wait', ...AT, again.stdout.trim())).status, 0, again.stderr);
    t.is((await job('logs', ...AT, again.stdout.trim())).stdout, `collected 20971520 ['a b', "it's", '$HOME']\n`);
  },
);

test.serial(
  'a job that failed there is explained, and where no cause is known its last words are a command away',
  async (t) => {
    const explain = async (id: string): Promise<Outcome> =>
      theEngine().run('bin/explain', ['--name', cluster.name, ...AT, id], { env: { PATH: set.env['PATH'] } });
    const failing = async (name: string, text: string): Promise<string> => {
      const file = path.join(folder, name);
      await writeFile(file, text);
      const { stdout, stderr } = await job('run', '-q', ...AT, file);
      const id = stdout.trim();
      t.is((await job('wait', ...AT, id)).status, 1, stderr);
      return id;
    };
    const missing = await failing('missing.py', `${SESSION}spark.read.csv("/data/no-such.csv")\n`);
    const { status, stdout } = await explain(missing);
    t.is(status, 1);
    t.regex(stdout, new RegExp(`^job missing \\(${missing}\\): DONEWITHERROR, exit 1\n\nSS-J09 `));
    const puzzling = await failing('puzzling.py', 'print("who knows")\nraise SystemExit(1)\n');
    const unknown = await explain(puzzling);
    t.deepEqual(
      [unknown.status, unknown.stdout],
      [
        0,
        `job puzzling (${puzzling}): DONEWITHERROR, exit 1: the cause is not known\n` +
          `hint: spark-swarm job logs --tail 20 --name ${cluster.name} --driver ssh://ops@edge1 ${puzzling}\n`,
      ],
    );
  },
);

test.serial('ports that a firewall keeps closed are refused, with the words that choose others', async (t) => {
  // Before the network is taken away.
  t.teardown(async () => void (await must('docker', ['network', 'disconnect', network(), machine.container])));
  // As a firewall does that lets only known ports through.
  // Below those that the system gives to connections: the drivers before have had some of these.
  await machine.must('iptables -A INPUT -p tcp --dport 20441 -j DROP');
  const { status, stderr } = await job(
    'run',
    ...AT,
    '--conf',
    'spark.driver.port=20441',
    '--conf',
    'spark.driver.blockManager.port=20442',
    collect(),
  );
  await machine.must('iptables -D INPUT -p tcp --dport 20441 -j DROP');
  t.is(status, 1, stderr);
  t.regex(stderr, /: 0 of 2 workers reach its ports 20441 and 20442 \(tried [\d., a-z]+\)/);
  t.regex(
    stderr,
    /hint: let the workers reach two ports there, and say which: --conf spark\.driver\.port=20441 --conf spark\.driver\.blockManager\.port=20442; or --driver master/,
  );
});
