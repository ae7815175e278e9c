import test from 'ava';

import { TestCluster } from '../../helpers/cluster.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { PlainEngine } from '../../helpers/plain-engine.ts';

const ONE = ['--workers', '1'];

interface List {
  readonly clusters: readonly {
    readonly name: string;
    readonly platform: string;
    readonly context: string;
    readonly workers: number;
    readonly runningWorkers: number;
  }[];
}

export function sideBySideTests(): void {
  test.serial('two clusters on this engine and one on the lab live side by side, and list shows all three', async (t) => {
    await using engine = await PlainEngine.start();
    const [a, b] = [engine.cluster('a'), engine.cluster('b')];
    const onLab = theCluster(b.name);
    const started = [await a.deploy(...ONE), await b.deploy(...ONE), await onLab.deploy(...ONE)];
    for (const { status, stderr } of started) t.is(status, 0, stderr);

    const everywhere = { DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined };
    const { status, stdout, stderr } = await engine.run('bin/spark-swarm', ['list', '-o', 'json'], { env: everywhere });
    t.is(status, 0, stderr);
    const { clusters } = JSON.parse(stdout) as List;
    t.deepEqual(
      clusters
        .filter(({ name }) => name === a.name || name === b.name)
        .map(({ name, platform, context, workers, runningWorkers }) => [name, platform, context, workers, runningWorkers])
        .toSorted(),
      [
        [a.name, 'containers', 'default', 1, 1],
        [b.name, 'containers', 'default', 1, 1],
        [b.name, 'swarm', `spark-${theLab().name}`, 1, 1],
      ],
    );
    for (const cluster of [a, b, onLab]) {
      const { healthy, master, platform } = await cluster.status();
      t.deepEqual([healthy, master?.aliveWorkers, platform], [true, 1, cluster.platform]);
    }
    const before = [await b.processes(), await onLab.processes()];
    t.is((await a.remove('--volumes')).status, 0);
    t.is((await b.resize(1)).status, 0);
    t.deepEqual([await b.processes(), await onLab.processes()], before);
    t.is((await b.remove('--volumes')).status, 0);
    t.deepEqual([await onLab.processes()], before.slice(1));
    t.is((await onLab.remove('--volumes')).status, 0);
  });

  test.serial('a name that is on both platforms of one engine has to be told apart with --platform', async (t) => {
    const swarm = theCluster('both');
    const containers = new TestCluster(theLab(), 'both', 'containers');
    const both = [swarm, containers];
    const deployed = await swarm.deploy(...ONE);
    t.is(deployed.status, 0, deployed.stderr);
    const flags = ['--name', 'both', '--image', theLab().image, '--worker-memory', '1280m', '--port', 'ui=0', '--port', 'master=0'];
    const started = await containers.make([...flags, ...ONE]);
    t.is(started.status, 0, started.stderr);
    const processes = await Promise.all(both.map(async (cluster) => cluster.memberIds()));
    t.deepEqual(
      processes.map((ids) => ids.length),
      [2, 2],
    );
    for (const words of [['status'], ['resize', '--workers', '2'], ['remove', '--yes'], ['logs'], ['submit', '--example', 'pi']]) {
      const [verb = '', ...rest] = words;
      const { status, stdout, stderr } = await theLab().run('bin/spark-swarm', [verb, '--name', 'both', ...rest]);
      t.is(status, 2, `${verb}: ${stderr}`);
      t.is(stdout, '');
      t.regex(
        stderr,
        /^error: --platform: the cluster "both" is in containers of this engine, and on the swarm of \S+; expected swarm or containers\nhint: add --platform containers, or --platform swarm$/m,
      );
    }
    for (const cluster of both) {
      const words = ['remove', '--name', 'both', '--yes', '--volumes', '--platform', cluster.platform];
      const { status, stderr } = await theLab().run('bin/spark-swarm', words);
      t.is(status, 0, stderr);
      t.deepEqual(await cluster.memberIds(), []);
      const others = await Promise.all(both.map(async (other) => other.memberIds()));
      t.is(others.flat().length, cluster === swarm ? 2 : 0);
    }
  });
}
