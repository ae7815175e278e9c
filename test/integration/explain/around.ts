import { rm } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import type { Finding } from '../../../src/doctor/finding.ts';
import type { TestCluster } from '../../helpers/cluster.ts';
import { theEngine } from '../../helpers/lab-tests.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { allFindings, explain, SMALL_DRIVER, TROUBLES, waitForFinding, whileRunning } from './stage.ts';

/** To the master's own process; the shell's words must not hold its name. */
const signalDaemon = (signal: string): string =>
  `for p in /proc/[0-9]*; do grep -q 'deploy.master.Maste[r]' $p/cmdline && kill -${signal} \${p#/proc/}; done; true`;
/** Not the version of the image. */
const OTHER_SPARK = '4.1.1';

/** What is wrong around applications: the master, the workers, and drivers that the cluster does not take. */
export function aroundTests(cluster: () => TestCluster): void {
  test.serial('SS-J17: a driver without the secret is seen before it knows it itself', async (t) => {
    const name = `outsider-${theEngine().name}`;
    const image = theEngine().image;
    const place = ['--network', `${cluster().name}-spark`, '--tmpfs', '/run/spark:mode=1777', ...theEngine().label];
    const program = ['spark-submit', '/opt/spark/examples/src/main/python/pi.py'];
    await theEngine().docker('run', '--detach', '--name', name, ...place, image, ...program);
    try {
      const { subject, problem, proof } = await waitForFinding(cluster(), 'SS-J17');
      t.regex(subject, /^driver at [0-9.]+$/);
      t.is(problem, 'is refused by the master, because it has no secret');
      t.regex(proof, /^the master, \d times? in the last minute: Expected SaslMessage, received something else/);
      t.is(await theEngine().docker('ps', '--filter', `name=${name}`, '--format', '{{.Names}}'), name);
    } finally {
      await theEngine().docker('rm', '--force', '--volumes', name);
    }
  });

  test.serial('SS-J07: a driver with another version of Spark', async (t) => {
    const folder = `/data/spark-${OTHER_SPARK}`;
    const here = path.join(theEngine().data, path.basename(folder));
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', here, `pyspark==${OTHER_SPARK}`];
    const { status, stderr } = await theEngine().run('python3', pip, { limitMs: 600_000 });
    t.is(status, 0, stderr);
    const { containerId } = await cluster().find('master');
    const driver = `SPARK_HOME=${folder}/pyspark PYTHONPATH=${folder} ${folder}/pyspark/bin/spark-submit --driver-memory 512m /opt/spark/examples/src/main/python/pi.py`;
    const run = theEngine().start('docker', ['exec', containerId, 'sh', '-c', driver]);
    const { problem, proof } = await waitForFinding(cluster(), 'SS-J07');
    t.is(problem, 'runs another version of Spark in its driver than the cluster');
    t.regex(proof, new RegExp(`^the driver has Spark ${OTHER_SPARK}; master has Spark \\d.*, worker-2 has Spark \\d`));
    // It gives up by itself.
    await run.ended;
    await rm(here, { recursive: true });
  });

  test.serial('SS-J18: no worker is there', async (t) => {
    const workers = await Promise.all(['worker-1', 'worker-2'].map(async (worker) => cluster().find(worker)));
    const ids = workers.map(({ containerId }) => containerId);
    await theEngine().docker('stop', '--time', '1', ...ids);
    try {
      await whileRunning(cluster(), [TROUBLES, 'waits'], async () => {
        const { proof } = await waitForFinding(cluster(), 'SS-J18');
        t.is(proof, 'the master lists 0 workers ALIVE, 0 containers of workers running');
      });
    } finally {
      await theEngine().docker('start', ...ids);
      await cluster().waitUntilHealthy();
    }
  });

  test.serial('SS-J13: the master does not answer, or does not run', async (t) => {
    const { containerId } = await cluster().find('master');
    await cluster().inside('master', signalDaemon('STOP'));
    const silent = await waitForFinding(cluster(), 'SS-J13').catch((error: unknown) => error);
    await cluster().inside('master', signalDaemon('CONT'));
    if (silent instanceof Error) throw silent;
    t.is((silent as Finding).problem, 'runs and does not answer: nothing new is scheduled');

    const run = cluster().startSubmit([...SMALL_DRIVER, TROUBLES, 'works']);
    await run.waitForOutput(/^working app-/m);
    await theEngine().docker('stop', '--time', '5', containerId);
    const gone = await waitForFinding(cluster(), 'SS-J13');
    t.is(gone.problem, 'does not run: nothing new is scheduled, and drivers in its container have ended with it');
    t.regex(gone.proof, /^master is exited/);
    t.is(gone.fix, `spark-swarm start --name ${cluster().name}`);
    await theEngine().docker('start', containerId);
    await run.ended;
    await cluster().waitUntilHealthy();
    await waitFor('nothing to be left', {
      read: async () => allFindings(await explain(cluster())),
      until: (findings) => findings.length === 0,
    });
  });
}
