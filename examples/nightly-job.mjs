#!/usr/bin/env zx
// A nightly job: a cluster of its own for one application, gone again afterwards, whatever became of it.
// What the application prints goes to standard output; the exit status is the application's. What an earlier night has left
// under its name is removed first; where an application runs, nothing is touched.
//
//   npx zx examples/nightly-job.mjs --workers 4 --data ~/data -- --example wordcount /data/words.txt
//   npx zx examples/nightly-job.mjs --platform swarm -- --class Report --driver-memory 2g report.jar yesterday
//
// --name (nightly-job), --platform (containers), --workers (2), --worker-memory, --image, --data, --context; after "--"
// stands what bin/submit takes.
import { createCluster, removeCluster, submitApplication, ToolkitError } from 'spark-swarm';
import { chalk, minimist } from 'zx';

// Divided here: zx itself would take flags after "--" for this script's, and make numbers of words like 0010.
const end = process.argv.indexOf('--');
const argv = minimist(end < 0 ? process.argv.slice(2) : process.argv.slice(2, end));
const words = end < 0 ? ['--example', 'pi'] : process.argv.slice(end + 1);

// Ctrl-C ends the application and the waiting, so that the cluster is removed then, too.
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopping.abort());

const cluster = {
  name: String(argv.name ?? 'nightly-job'),
  platform: argv.platform ?? 'containers',
  context: argv.context,
  onEvent: (event) => {
    if (event.type === 'step-done') process.stderr.write(chalk.dim(`${event.id}: ${event.detail ?? 'done'}\n`));
    if (event.type === 'warning') process.stderr.write(`${chalk.yellow('warning:')} ${event.message}\n`);
  },
};

try {
  await removeCluster({ ...cluster, signal: stopping.signal });
  try {
    await createCluster({
      ...cluster,
      workers: argv.workers,
      workerMemory: argv['worker-memory'],
      image: argv.image,
      data: argv.data,
      ports: { master: 0, ui: 0 }, // free ones: it runs beside whatever is there
      signal: stopping.signal,
    });
    const { stdout, stderr } = process;
    const run = { ...cluster, argv: words, stdout, stderr, signal: stopping.signal };
    process.exitCode = (await submitApplication(run)).exitStatus;
  } finally {
    // It is this job's own cluster: nobody need be asked.
    await removeCluster({ ...cluster, volumes: true, confirm: () => true });
  }
} catch (error) {
  if (!(error instanceof ToolkitError)) throw error;
  process.stderr.write(`${chalk.red('error:')} ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ''}`);
  process.exitCode = error.exitCode;
}
