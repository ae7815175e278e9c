import test from 'ava';

import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { PlainEngine } from '../../helpers/plain-engine.ts';
import { waitFor } from '../../helpers/wait-for.ts';

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
  test.serial(
    'two clusters on this engine and one on the lab live side by side, and list shows all three',
    async (t) => {
      await using engine = await PlainEngine.start();
      const [a, b] = [engine.cluster('a'), engine.cluster('b')];
      const onLab = theCluster(b.name);
      const started = [await a.deploy(...ONE), await b.deploy(...ONE), await onLab.deploy(...ONE)];
      for (const { status, stderr } of started) t.is(status, 0, stderr);

      const everywhere = { DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined };
      const { status, stdout, stderr } = await engine.run('bin/spark-swarm', ['list', '-o', 'json'], {
        env: everywhere,
      });
      t.is(status, 0, stderr);
      const { clusters } = JSON.parse(stdout) as List;
      t.deepEqual(
        clusters
          .filter(({ name }) => name === a.name || name === b.name)
          .map((row) => `${row.name} ${row.platform} ${row.context} ${row.runningWorkers}/${row.workers}`)
          .toSorted(),
        [
          `${a.name} containers default 1/1`,
          `${b.name} containers default 1/1`,
          `${b.name} swarm spark-${theLab().name} 1/1`,
        ],
      );
      for (const cluster of [a, b, onLab]) {
        const { healthy, master, platform } = await cluster.statusWithMaster();
        t.deepEqual([healthy, master?.aliveWorkers, platform], [true, 1, cluster.platform]);
      }
      const before = [await b.processes(), await onLab.processes()];
      t.is((await a.remove('--volumes')).status, 0);
      t.is((await b.resize(1)).status, 0);
      t.deepEqual([await b.processes(), await onLab.processes()], before);
      t.is((await b.remove('--volumes')).status, 0);
      t.deepEqual([await onLab.processes()], before.slice(1));
      t.is((await onLab.remove('--volumes')).status, 0);
    },
  );

  test.serial('a name that is on both platforms of one engine has to be told apart with --platform', async (t) => {
    const lab = theLab();
    const cluster = theCluster('both');
    const deployed = await cluster.deploy(...ONE);
    t.is(deployed.status, 0, deployed.stderr);
    // As somebody might have made it on the manager's own engine, by hand and with Compose; it is not started.
    const labels = [
      'io.spark-swarm.role=master',
      'com.docker.compose.project=both',
      'com.docker.compose.service=master',
    ];
    const made = await lab.docker('create', ...labels.flatMap((label) => ['--label', label]), lab.image, 'master');
    t.teardown(async () => lab.run('docker', ['rm', '--force', '--volumes', made]));

    const commands = [['status'], ['resize', '--workers', '2'], ['remove', '--yes'], ['logs'], ['master-ip']];
    for (const [verb = '', ...words] of [...commands, ['submit', '--example', 'pi']]) {
      const { status, stdout, stderr } = await lab.run('bin/spark-swarm', [verb, '--name', 'both', ...words]);
      t.is(status, 2, `${verb}: ${stderr}`);
      t.is(stdout, '');
      t.regex(
        stderr,
        /^error: --platform: the cluster "both" is in containers of this engine, and on the swarm of .+; expected swarm or containers\nhint: add --platform containers, or --platform swarm$/m,
      );
    }
    const well = await waitFor('status to end with 0', {
      read: async () => lab.run('bin/spark-swarm', ['status', '--name', 'both', '--platform', 'swarm']),
      until: (ended) => ended.status === 0,
    });
    t.is(well.status, 0, well.stderr);
    const words = ['remove', '--name', 'both', '--yes', '--volumes', '--platform', 'swarm'];
    const removal = await lab.run('bin/spark-swarm', words);
    t.is(removal.status, 0, removal.stderr);
    t.deepEqual(await cluster.memberIds(), []);
    const { platform, exitStatus, containers } = await cluster.status();
    t.deepEqual([platform, exitStatus, containers.length], ['containers', 1, 1]);
  });
}
