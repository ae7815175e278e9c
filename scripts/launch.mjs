// What every launcher in bin/ and sbin/ does first. Plain JavaScript that also runs on an old Node and before the build.
import { existsSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { nodeProblem } from './node-version.mjs';

// Node gives a program the real path of its file, so this also holds through a symlink.
const projectRoot = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * The built command line.
 * @returns {Promise<undefined | typeof import('../dist/src/cli/run.js')>} nothing when it cannot run; why has been said
 */
async function load() {
  const problem = nodeProblem();
  if (problem) return stop(problem);
  const entry = path.join(projectRoot, 'dist', 'cli', 'run.js');
  if (!existsSync(entry)) {
    return stop(`spark-swarm is not built yet; run: cd ${projectRoot} && npm ci && npm run build`);
  }
  module.enableCompileCache?.();
  return import('../dist/cli/run.js');
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

/** Runs `spark-swarm <words> <what was typed>`. */
export async function launch(...words) {
  const cli = await load();
  await cli?.run([...words, ...process.argv.slice(2)], projectRoot);
}

/** Runs the command that the first argument names, for the older scripts that had verbs. */
export async function launchVerbs(script, verbs) {
  const cli = await load();
  await cli?.runVerbs(process.argv.slice(2), projectRoot, { script, verbs });
}
