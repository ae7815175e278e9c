import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import test from 'ava';

import { askContainer, parseAnswer } from '../../../src/explain/container-program.ts';

const run = promisify(execFile);
const APP = 'app-20261120233630-0000';
const command = (port: number, id: number): string =>
  `Spark Executor Command: "/opt/java/bin/java" "-Xmx450M" "org.apache.spark.executor.CoarseGrainedExecutorBackend" "--driver-url" ` +
  `"spark://CoarseGrainedScheduler@127.0.0.1:${port}" "--executor-id" "${id}" "--cores" "2" "--app-id" "${APP}"\n====\n\n`;

test('the program that looks into a container says what is there: folders, versions, disks, connections, paths', async (t) => {
  const root = await mkdtemp(path.join(tmpdir(), 'spark-swarm-explain-'));
  t.teardown(async () => rm(root, { recursive: true }));
  const driver = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(driver, 'listening');
  t.teardown(() => driver.close());
  const { port } = driver.address() as { readonly port: number };
  await mkdir(path.join(root, 'home', 'jars'), { recursive: true });
  await writeFile(path.join(root, 'home', 'jars', 'spark-core_2.13-4.2.1.jar'), '');
  // More than are shown, and one whose driver has gone.
  for (const id of [0, 1, 2, 9, 10]) {
    const folder = path.join(root, 'work', APP, String(id));
    await mkdir(folder, { recursive: true });
    await writeFile(
      path.join(folder, 'stderr'),
      `${command(id === 10 ? 1 : port, id)}${'x'.repeat(20_000)}\nlast line of ${id}\n`,
    );
  }
  const [program = '', ...words] = askContainer({ connect: [APP], paths: [root, '/no/such/path'] });
  const env = {
    ...process.env,
    SPARK_HOME: path.join(root, 'home'),
    SPARK_WORKER_DIR: path.join(root, 'work'),
    SPARK_LOCAL_DIRS: root,
  };
  const { stdout } = await run(program, words, { env });
  const answer = parseAnswer(stdout);
  t.truthy(answer, stdout);
  if (!answer) return;
  t.regex(answer.python, /^3\.\d+$/);
  t.is(answer.spark, '4.2.1');
  t.true(answer.host.length > 0);
  t.deepEqual(
    answer.executors.map(({ applicationId, id, isRunning, heap, cores, driver: address }) => [
      applicationId,
      id,
      isRunning,
      heap,
      cores,
      address,
    ]),
    [1, 2, 9, 10].map((id) => [APP, id, false, '450m', 2, `127.0.0.1:${id === 10 ? 1 : port}`]),
  );
  for (const { id, stderr, ageSeconds } of answer.executors) {
    t.true(stderr.endsWith(`\nlast line of ${id}\n`) && stderr.length < 13_000);
    t.true(ageSeconds < 60);
  }
  t.deepEqual(answer.connections, [
    { address: '127.0.0.1:1', result: 'refused' },
    { address: `127.0.0.1:${port}`, result: 'ok' },
  ]);
  t.deepEqual(answer.paths, { [root]: true, '/no/such/path': false });
  t.is(answer.disks[0]?.path, root);
  t.true((answer.disks[0]?.freeBytes ?? 0) > 0);
});

test('what is no answer is none', (t) => {
  t.is(parseAnswer(''), undefined);
  t.is(parseAnswer('OCI runtime exec failed'), undefined);
});
