import test from 'ava';

import type { TestCluster } from '../../helpers/cluster.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { allFindings, explain, TROUBLES, waitForFinding, whileRunning } from './stage.ts';

const WAITS = [TROUBLES, 'waits'];

/** Applications that wait: what they asked for, what is free, who holds it. */
export function waitingTests(cluster: () => TestCluster): void {
  test.serial('an application that works has no finding, from its start on', async (t) => {
    const { stderr } = await whileRunning(cluster(), [TROUBLES, 'works'], async (run) => {
      let hasBegun = false;
      const begun = run.waitForOutput(/^working app-/m).then(() => (hasBegun = true));
      while (!hasBegun) {
        const early = await explain(cluster());
        t.deepEqual(allFindings(early), []);
      }
      await begun;
      const { exitStatus, findings, applications } = await explain(cluster());
      t.deepEqual({ exitStatus, findings }, { exitStatus: 0, findings: [] });
      t.deepEqual(
        applications.map(({ name, findings: own }) => [name, own]),
        [['works', []]],
      );
      const { stdout } = await cluster().command('explain');
      t.regex(stdout, /^app-\d+-\d+ "works" of \S+: RUNNING, 4 cores, job [0-9a-f]{12}: nothing stands in its way\n$/);
    });
    // Nor does the driver tell its user of us.
    t.notRegex(stderr, /SS-J|EofException|ServerRuntime/);
    const { stdout, status } = await cluster().command('explain');
    t.deepEqual([stdout, status], [`No application is active on the cluster "${cluster().name}".\n`, 0]);
  });

  test.serial('SS-J01: all cores are held by another application, which is named', async (t) => {
    await whileRunning(cluster(), [TROUBLES, 'holds'], async (holder) => {
      await holder.waitForOutput(/^working app-/m);
      await whileRunning(cluster(), WAITS, async (waiting) => {
        const { subject, problem, proof, fix, page } = await waitForFinding(cluster(), 'SS-J01', '(4 cores, 2g)');
        t.regex(subject, /^application app-\d+-\d+ "waits"$/);
        t.is(problem, 'waits, because no worker has a core free');
        t.regex(
          proof,
          /^asked: 1 core and 512m for an executor; free on 2 workers: 0 of 4 cores, 0m of 2g; held by app-\d+-\d+ "holds" of \S+ \(4 cores, 2g\)$/,
        );
        t.true(fix.startsWith(`spark-swarm resize --name ${cluster().name} --workers 3, or end what holds them`), fix);
        t.is(page, 'docs/problems/jobs.md#ss-j01');
        const holding = await waitFor('the one that holds them to be listed', {
          read: async () => (await explain(cluster())).applications.find(({ name }) => name === 'holds'),
          until: (application) => application !== undefined,
        });
        t.deepEqual(holding?.findings, []);
        // The one that waits is told so by itself.
        await waiting.waitForOutput(/SS-J01 .*waits, because no worker has a core free/);
        const found = await waitFor('status to find something', {
          read: async () => (await cluster().status()).findings,
          until: (findings) => findings.length > 0,
        });
        t.is(found.map(({ id }) => id).join(), 'SS-J01');
      });
    });
  });

  test.serial('SS-J02: cores are free, and the memory beside them is not', async (t) => {
    const large = ['--conf', 'spark.executor.memory=1g', '--conf', 'spark.cores.max=2'];
    await whileRunning(cluster(), [...large, TROUBLES, 'holds'], async (holder) => {
      await holder.waitForOutput(/^working app-/m);
      await whileRunning(cluster(), WAITS, async () => {
        const { proof, problem } = await waitForFinding(cluster(), 'SS-J02', '(2 cores, 2g)');
        t.is(problem, 'waits, because no worker with a free core has the memory for its executor');
        t.regex(
          proof,
          /^asked: 1 core and 512m for an executor; free on 2 workers: 2 of 4 cores, 0m of 2g; held by app-\d+-\d+ "holds" of \S+ \(2 cores, 2g\); the most that one of them has left: 0m$/,
        );
      });
    });
  });

  test.serial('SS-J03: an executor is larger than any worker', async (t) => {
    await whileRunning(cluster(), ['--conf', 'spark.executor.memory=4g', ...WAITS], async () => {
      const { proof, fix } = await waitForFinding(cluster(), 'SS-J03');
      t.is(proof, 'asked: 1 core and 4g for an executor; the largest of 2 workers offers 2 cores and 1g');
      t.regex(
        fix,
        /^spark-swarm submit --conf spark\.executor\.memory=1g …, or larger workers: spark-swarm start --name \S+ --worker-memory \d+[mg]$/,
      );
    });
  });

  test.serial('SS-J19: an application may use fewer cores than one executor needs', async (t) => {
    const words = ['--conf', 'spark.executor.cores=2', '--conf', 'spark.cores.max=1', ...WAITS];
    await whileRunning(cluster(), words, async () => {
      const { proof } = await waitForFinding(cluster(), 'SS-J19');
      t.is(proof, 'spark.executor.cores is 2, spark.cores.max is 1');
    });
  });

  test.serial('SS-J04: executors of 450m end at once: said within 30 s, with their own words', async (t) => {
    // As a worker of one core does by itself: with another collector there is just enough.
    const serial = ['--conf', 'spark.executor.extraJavaOptions=-XX:+UseSerialGC'];
    await whileRunning(cluster(), ['--conf', 'spark.executor.memory=450m', ...serial, ...WAITS], async (run) => {
      const { subject, proof } = await waitForFinding(cluster(), 'SS-J04', 'must be at least 471859200');
      const explainedAt = Date.now();
      t.regex(
        proof,
        /^\d+ executors? ended so far; executor \d+ on worker-\d: Command exited with code 1; its own words: Exception in thread "main" .*\[INVALID_DRIVER_MEMORY\] System memory \d+ must be at least 471859200\.$/,
      );
      const tookMs = explainedAt - (await firstEndAt(cluster(), /app-\d+-\d+/.exec(subject)?.[0] ?? '?'));
      t.log(`explained ${tookMs} ms after the first of them had ended`);
      t.true(tookMs < 30_000);
      await run.waitForOutput(/SS-J04 .*gets executors that end at once, because their heap is too small/);
    });
  });

  test.serial('SS-J05: executors do not reach the driver, tried from their workers', async (t) => {
    const unknown = ['--conf', 'spark.driver.host=no-such-host.invalid', ...WAITS];
    await whileRunning(cluster(), unknown, async () => {
      const { problem, proof } = await waitForFinding(cluster(), 'SS-J05');
      t.regex(problem, /^has executors that do not reach its driver at no-such-host\.invalid:\d+$/);
      t.regex(proof, /^connecting to no-such-host\.invalid:\d+ from worker-\d(?:, worker-2)?: unknown host/);
    });
    // An address for documentation, which nobody has.
    const silent = ['--conf', 'spark.driver.host=192.0.2.1', ...WAITS];
    await whileRunning(cluster(), silent, async () => {
      const { proof } = await waitForFinding(cluster(), 'SS-J05');
      t.regex(
        proof,
        /^connecting to 192\.0\.2\.1:\d+ from worker-\d(?:, worker-2)?: (?:timeout|refused|.*unreachable)/,
      );
    });
  });
}

/** When the first executor of an application has ended by itself, in milliseconds since the epoch, by its worker's log. */
async function firstEndAt(cluster: TestCluster, applicationId: string): Promise<number> {
  const logs = await Promise.all(
    ['worker-1', 'worker-2'].map(async (worker) => {
      const { stderr, stdout } = await cluster.place.run('docker', [
        'logs',
        '--timestamps',
        (await cluster.find(worker)).containerId,
      ]);
      return (stdout + stderr).split('\n');
    }),
  );
  const ends = logs
    .flat()
    .filter(
      (line) =>
        line.includes(`${applicationId}/`) &&
        /finished with state EXITED message Command exited with code 1 /.test(line),
    );
  return Math.min(...ends.map((line) => Date.parse(line.split(' ')[0] ?? '')));
}
