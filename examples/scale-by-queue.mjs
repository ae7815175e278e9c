#!/usr/bin/env zx
// Scales a cluster by the length of a queue: one worker for so many files that wait in a folder, within limits, until the
// folder is empty. Workers that go are drained first, so that running applications keep what they have computed.
//
//   npx zx examples/scale-by-queue.mjs --queue ~/data/inbox --max 6 --files-per-worker 10 --every 30
//
// --queue FOLDER, --name (spark), --platform, --context, --min (1), --max (4), --files-per-worker (5), --every SECONDS (10)
import { setTimeout as sleep } from 'node:timers/promises';

import { readStatus, resizeCluster, ToolkitError, WaitTimeoutError } from 'spark-swarm';
import { argv, chalk, echo, fs } from 'zx';

const { queue, min = 1, max = 4, every = 10 } = argv;
const filesPerWorker = argv['files-per-worker'] ?? 5;
if (!queue) throw new Error('--queue: expected the folder in which files wait');

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopping.abort());
const { signal } = stopping;
const cluster = { name: String(argv.name ?? 'spark'), platform: argv.platform, context: argv.context, signal };

/**
 * How many wait. Applications that got no cores yet are a queue, too:
 * (await readStatus(cluster)).master.applications.filter(({ state }) => state === 'WAITING').length
 */
async function countWaiting() {
  return (await fs.readdir(queue)).filter((name) => !name.startsWith('.')).length;
}

try {
  const { services } = await readStatus(cluster);
  let workers = services.find(({ role }) => role === 'worker')?.wanted ?? 0;
  for (let waiting = -1; waiting !== 0;) {
    waiting = await countWaiting();
    const wanted = Math.min(max, Math.max(min, Math.ceil(waiting / filesPerWorker)));
    if (wanted !== workers) {
      echo(`${waiting} waiting: ${chalk.bold(`${workers} → ${wanted}`)} workers`);
      try {
        ({ workers } = await resizeCluster({ ...cluster, workers: wanted }));
      } catch (error) {
        // Executors that do not end in time: nothing was stopped, and the next round goes on with the same workers.
        if (!(error instanceof WaitTimeoutError)) throw error;
        echo(error.message);
      }
    }
    if (waiting > 0) await sleep(every * 1000, undefined, { signal });
  }
  echo(`nothing is waiting: ${workers} workers stay`);
} catch (error) {
  if (signal.aborted) process.exitCode = 130;
  else if (!(error instanceof ToolkitError)) throw error;
  else {
    process.stderr.write(`${chalk.red('error:')} ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ''}`);
    process.exitCode = error.exitCode;
  }
}
