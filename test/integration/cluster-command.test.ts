import test from 'ava';

import { BUILD_LIMIT_MS } from '../helpers/lab-command.ts';
import { must } from '../helpers/must.ts';
import { TestMachines } from '../helpers/machines.ts';
import { Operator } from '../helpers/operator.ts';
import { setUpMachine } from '../helpers/set-up-machine.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** A name and ports of this file's own, so that nothing else on the machine is met. */
const NAME = 'clu';
const SIZE = ['--worker-memory', '1280m', '--port', 'ui=18080', '--port', 'master=17077'];

let set: TestMachines;
let second: Operator;

test.before(async (t) => {
  t.timeout(1_800_000);
  const problem = await setUpMachine();
  if (problem !== undefined) throw new Error(`No machines for the tests: ${problem}`);
  await must('bin/build-image', [], { limitMs: BUILD_LIMIT_MS });
  set = await TestMachines.start({ machines: ['trixie', 'trixie', 'bookworm', 'trixie'], prefix: 'ch' });
  second = await set.addOperator('second');
});

test.after.always(async () => {
  await set?.[Symbol.asyncDispose]();
});

interface Listed {
  readonly clusters: readonly { readonly name: string; readonly state: string; readonly address?: string }[];
}

async function readClusters(operator: Operator, verb: 'list' | 'info'): Promise<Listed['clusters']> {
  const { clusters } = JSON.parse(await operator.must('bin/cluster', [verb, '-o', 'json'])) as Listed;
  // Other clusters of this machine's own engine are none of this test's business.
  return clusters.filter(({ name }) => name === NAME);
}

/** The same, once its master has answered: on a busy machine it may be late for once. */
async function readHealthy(operator: Operator, verb: 'list' | 'info'): Promise<Listed['clusters']> {
  return waitFor(`${NAME} to be healthy for ${operator.name}`, {
    read: async () => readClusters(operator, verb),
    until: (clusters) => clusters.some(({ state }) => state === 'healthy'),
  });
}

async function readCoresUsed(): Promise<number> {
  const words = ['status', '--name', NAME, '--context', `spark-${NAME}`, '-o', 'json'];
  const { master } = JSON.parse(await set.operator.must('bin/spark-swarm', words)) as {
    readonly master: { readonly coresUsed: number } | null;
  };
  return master?.coresUsed ?? 0;
}

/** A file in /data on one of the machines, as it is there. */
async function readData(machine: string, file: string): Promise<string> {
  return set.get(machine).must(`stat -c '%u %a' /srv/clu/${file}; cat /srv/clu/${file}`);
}

test.serial('create makes a swarm of a range of hosts, and a cluster with a worker on each', async (t) => {
  t.timeout(1_200_000);
  // A folder that all of them have, as people make it who have no share; the fourth machine does not have it.
  for (const name of ['ch1', 'ch2', 'ch3']) {
    await set.get(name).must('mkdir -m 2775 -p /srv/clu && echo 42 > /srv/clu/answer && chown -R 185:185 /srv/clu');
  }
  const words = ['create', '-n', NAME, '-p', 'swarm', 'root@ch[1-2]', 'root@ch3', '--data', '/srv/clu'];
  const { status, stdout, stderr } = await set.run('bin/cluster', [...words, ...SIZE], { limitMs: 900_000 });
  t.is(status, 0, stderr);
  const { address } = set.get('ch1');
  t.is(
    stdout,
    `spark master     spark://${address}:17077\nmaster web UI    http://${address}:18080\ndata (cluster)   /data\n`,
  );
  t.regex(stderr, /master ALIVE, 3 workers ALIVE/);
  const again = await set.run('bin/cluster', ['create', '-n', NAME, '-p', 'swarm', 'root@ch[1-3]']);
  t.is(again.status, 5);
  t.true(again.stderr.endsWith(`error: ${NAME} exists already\nhint: spark-swarm cluster info -n ${NAME} shows it\n`));
});

test.serial('two homes, each with its own context and key, see the same; nothing is remembered', async (t) => {
  t.deepEqual(await readClusters(second, 'list'), []);
  await second.must('docker', ['context', 'create', 'mine', '--docker', 'host=ssh://root@ch1']);
  const address = `spark://${set.get('ch1').address}:17077`;
  for (const operator of [set.operator, second]) {
    t.like(await readHealthy(operator, 'list'), [{ name: NAME, platform: 'swarm', state: 'healthy' }], operator.name);
    t.like(await readHealthy(operator, 'info'), [{ name: NAME, state: 'healthy', address }], operator.name);
  }
  const [first, other] = await Promise.all(
    [set.operator, second].map(async (operator) => {
      const text = await waitFor(`${NAME} to be healthy for ${operator.name}`, {
        read: async () => operator.must('bin/cluster', ['info', '-n', NAME, '-o', 'json']),
        until: (seen) => (JSON.parse(seen) as { readonly healthy: boolean }).healthy,
      });
      const { context, ...info } = JSON.parse(text) as { readonly context: string };
      return { context, info };
    }),
  );
  t.deepEqual(first?.info, other?.info);
  t.deepEqual([first?.context, other?.context], [`spark-${NAME}`, 'mine']);
});

test.serial('whose key the machines do not know is told so, and which engine it is about', async (t) => {
  const stranger = await Operator.create('stranger', set.folder);
  await stranger.trust(set.machines);
  await stranger.writeSshConfig(set.machines);
  await stranger.must('docker', ['context', 'create', 'mine', '--docker', 'host=ssh://root@ch1']);
  const listed = await stranger.run('bin/cluster', ['list']);
  t.is(listed.status, 0);
  const seen = 'The Docker engine at ssh://root@ch1 (context mine) does not answer: it does not let the user "root" in';
  t.true(listed.stderr.includes(`warning: ${seen}`), listed.stderr);
  const named = await stranger.run('bin/cluster', ['list', '--context', 'mine']);
  t.is(named.status, 4);
  t.true(named.stderr.startsWith(`error: ${seen}`), named.stderr);
});

test.serial('add joins a host, makes and fills the folder of the data there, and gives it a worker', async (t) => {
  const { status, stdout, stderr } = await second.run('bin/cluster', ['add', '-n', NAME, 'root@ch4']);
  t.is(status, 0, stderr);
  t.is(stdout, `Added ch4 to the cluster "${NAME}": it has 4 workers\n`);
  t.regex(stderr, /Bring the data to ch4: done in .* \(\/srv\/clu: \d+ kB copied from ch1\)/);
  t.is(await readData('ch4', 'answer'), await readData('ch1', 'answer'));
  t.is(await set.get('ch4').must("stat -c '%u %a' /srv/clu"), '185 2775');
  const { hosts } = JSON.parse(await set.operator.must('bin/cluster', ['info', '-n', NAME, '-o', 'json'])) as {
    readonly hosts: readonly { readonly name: string; readonly containers: readonly string[] }[];
  };
  t.deepEqual(
    hosts.map(({ name, containers }) => [name, containers.filter((each) => each.startsWith('worker')).length]),
    [
      ['ch1', 1],
      ['ch2', 1],
      ['ch3', 1],
      ['ch4', 1],
    ],
  );
  const again = await set.run('bin/cluster', ['add', '-n', NAME, 'root@ch4']);
  t.is(again.status, 5);
  t.true(again.stderr.endsWith(`error: root@ch4 already in ${NAME}\n`), again.stderr);
});

test.serial('remove takes a host out while an application runs, which loses nothing', async (t) => {
  const job = second.start('bin/cluster', ['submit', '-n', NAME, '--example', 'pi', '400']);
  await waitFor('four executors at work', { read: readCoresUsed, until: (cores) => cores === 4, limitMs: 120_000 });
  const { status, stdout, stderr } = await set.run('bin/cluster', ['remove', '-n', NAME, 'ch4']);
  t.is(status, 0, stderr);
  t.is(stdout, `Removed ch4 from the cluster "${NAME}": it has 3 workers\n`);
  const ended = await job.ended;
  t.is(ended.status, 0, ended.stderr);
  t.regex(ended.stdout, /Pi is roughly 3\.1/);
  t.regex(await set.get('ch4').must('docker info'), /Swarm: inactive/);
  t.is(await set.get('ch4').must('docker ps -q'), '');
});

test.serial('unknown names and the manager are refused in the words of the older command', async (t) => {
  const say = async (...args: readonly string[]): Promise<readonly [number | null, string]> => {
    const { status, stderr } = await set.run('bin/cluster', args);
    return [status, /error: (.*)/.exec(stderr)?.[1] ?? stderr];
  };
  t.deepEqual(await say('remove', '-n', NAME, 'ch4'), [1, `ch4 isn't in ${NAME}`]);
  t.deepEqual(await say('remove', '-n', NAME, 'ch1'), [5, `Cannot remove ch1 from ${NAME}: it manages the swarm`]);
  t.deepEqual(await say('info', '-n', 'nobody'), [1, "nobody doesn't exist"]);
  t.deepEqual(await say('add', '-n', 'nobody', 'root@ch4'), [1, "nobody doesn't exist"]);
  t.deepEqual(await say('submit', '-n', 'nobody', '--example', 'pi'), [1, "nobody doesn't exist"]);
  t.deepEqual(await say('kill', '-n', 'nobody', '--yes'), [1, "nobody doesn't exist"]);
});

test.serial(
  'kill asks, and takes down all that create made; the other home is told, and rid of its context',
  async (t) => {
    const asked = await second.run('bin/cluster', ['kill', '-n', NAME]);
    t.is(asked.status, 5);
    t.regex(
      asked.stderr,
      /There is no terminal to ask on: Take down clu\? the cluster "clu" goes \(3 workers\); ch1, ch2, ch3 leave/,
    );
    const { status, stdout, stderr } = await second.run('bin/cluster', ['kill', '-n', NAME, '--yes', '--volumes']);
    t.is(status, 0, stderr);
    t.is(stdout, `Removed the cluster "${NAME}"\nThe swarm "${NAME}" has ended: ch1, ch2, ch3 left\n`);
    for (const machine of set.machines) {
      t.regex(await machine.must('docker info'), /Swarm: inactive/, machine.name);
      t.is(await machine.must('docker ps -aq'), '', machine.name);
    }
    // The person's own folder is no volume of ours.
    t.regex(await readData('ch1', 'answer'), /42/);
    t.deepEqual(await readClusters(set.operator, 'list'), []);
    t.regex(await set.operator.must('docker', ['context', 'ls']), new RegExp(`spark-${NAME}`));
    const left = await set.run('bin/cluster', ['kill', '-n', NAME, '--yes']);
    t.is(left.status, 0, left.stderr);
    t.notRegex(await set.operator.must('docker', ['context', 'ls']), new RegExp(`spark-${NAME}`));
    t.is((await set.run('bin/cluster', ['kill', '-n', NAME, '--yes'])).status, 1);
  },
);

test.serial('the same words make, show, use and end a cluster in containers of one engine', async (t) => {
  const name = `${NAME}-c`;
  const run = async (...args: readonly string[]): Promise<string> => set.operator.must('bin/cluster', args);
  const folder = set.folder;
  await must('chmod', ['2775', folder]);
  try {
    const made = await run(
      'create',
      '-n',
      name,
      '-p',
      'containers',
      '--workers',
      '1',
      '--port',
      'ui=0',
      '--port',
      'master=0',
      '--data',
      folder,
    );
    t.regex(made, /^spark master {5}spark:\/\/127\.0\.0\.1:\d+\n/);
    t.regex(await run('info', '-n', name), /healthy, 1\/1 workers running/);
    t.regex(await run('submit', '-n', name, '--example', 'pi', '4'), /Pi is roughly 3\./);
  } finally {
    t.regex(await run('kill', '-n', name, '--yes', '--volumes'), /^Removed the cluster "clu-c"$/m);
  }
  const { status, stderr } = await set.run('bin/cluster', ['create', '-n', name, '-p', 'nomad']);
  t.is(status, 2);
  t.is(stderr, 'error: -p: the platform nomad is not there yet; expected containers or swarm\n');
});
