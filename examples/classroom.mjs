#!/usr/bin/env zx
// A classroom: one small cluster with a notebook for each student, side by side on one engine or one swarm, on free ports.
// Prints a table of addresses; whoever has one works in that notebook. Run it again after a restart: what is there stays.
//
//   npx zx examples/classroom.mjs --students 3 --data ~/lesson
//   npx zx examples/classroom.mjs --students 3 --remove       their notebooks' files too
//
// --students (2), --prefix (student), --platform (containers), --context, --bind ADDRESS (127.0.0.1), --workers (1), --image,
// --data FOLDER that all share, --no-notebook
import { createCluster, readNotebookUrl, removeCluster, ToolkitError } from 'spark-swarm';
import { argv, chalk, echo, question } from 'zx';

const { students = 2, prefix = 'student', platform = 'containers', context, notebook = true } = argv;
const names = Array.from({ length: students }, (_, index) => `${prefix}-${index + 1}`);

async function prepare(name) {
  const { endpoints } = await createCluster({
    name,
    platform,
    context,
    notebook,
    workers: argv.workers ?? 1,
    workerMemory: '1280m', // the least there is
    image: argv.image,
    data: argv.data,
    bind: argv.bind,
    ports: { master: 0, ui: 0, jupyter: 0 },
  });
  const ui = endpoints.find((endpoint) => endpoint.name === 'master web UI')?.address ?? 'does not answer';
  return { name, ui, notebook: notebook ? await readNotebookUrl({ name, platform, context }) : '' };
}

async function clean(name) {
  const confirm = async ({ message }) => process.stdin.isTTY && (await question(`${message} [y/N] `)) === 'y';
  const { removed } = await removeCluster({ name, platform, context, volumes: true, confirm });
  echo(`${name}: ${removed.length === 0 ? 'was not there' : 'removed'}`);
}

try {
  // One after the other: a cluster is ready within seconds, and the machine has others to serve.
  for (const name of names) {
    if (argv.remove) await clean(name);
    else {
      const { ui, notebook: url } = await prepare(name);
      echo(`${chalk.bold(name.padEnd(12))} ${ui.padEnd(24)} ${url}`);
    }
  }
} catch (error) {
  if (!(error instanceof ToolkitError)) throw error;
  process.stderr.write(`${chalk.red('error:')} ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ''}`);
  process.exitCode = error.exitCode;
}
