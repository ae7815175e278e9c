// The way in from a fresh clone: sets up what is missing, then does what was asked for.
//   node scripts/bootstrap.mjs quickstart [flags]   test   ava [arguments]   bench [arguments]
// Plain Node without dependencies, because it runs before `npm ci`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { isBuilt, isInstalled, projectRoot } from './freshness.mjs';
import { nodeProblem } from './node-version.mjs';
import { fail, headline, seconds } from './says.mjs';

const [task, ...args] = process.argv.slice(2);

const TASKS = {
  quickstart: () => run(process.execPath, [path.join(projectRoot, 'bin', 'quickstart'), ...args], process.cwd()),
  ava: () => run(process.execPath, [path.join(projectRoot, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'), ...args]),
  bench: () => run(process.execPath, [path.join(projectRoot, 'scripts', 'bench.mjs'), ...args]),
  test: async () => (await import('./check.mjs')).check(),
};

process.exitCode = await bootstrap();

async function bootstrap() {
  const work = TASKS[task];
  if (!work) return fail(`unknown task "${task}"; expected ${Object.keys(TASKS).join(', ')}`, 2);
  const problem = nodeProblem();
  if (problem) return giveUp(problem);
  if (!isInstalled() && !(await install())) return giveUp('the dependencies could not be installed: see above');
  if (!isBuilt() && !(await build())) return giveUp('the build failed: see above');
  return work();
}

/** Nothing can be tested or run; whoever counts tests gets a count all the same. */
function giveUp(why) {
  if (task === 'test') process.stdout.write('0 passed, 1 failed\n');
  return fail(why, 1);
}

async function install() {
  const startedAt = performance.now();
  headline('Installing the dependencies (npm ci, about 320 packages)');
  const status = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  headline(`Dependencies installed in ${seconds(startedAt)}`);
  return status === 0;
}

async function build() {
  const startedAt = performance.now();
  headline('Building (tsc, esbuild)');
  const isWell = (await run(process.execPath, [path.join(projectRoot, 'scripts', 'build.mjs')])) === 0;
  headline(`Built in ${seconds(startedAt)}`);
  return isWell;
}

/**
 * Ctrl-C reaches the whole process group: here it is only heard, so that the program below can end in its own way.
 * SIGTERM comes to this process alone and is handed on.
 *
 * @returns the exit status; 130 when a signal ended it
 */
async function run(file, argv, cwd = projectRoot) {
  const child = spawn(file, argv, { cwd, stdio: 'inherit' });
  const handlers = { SIGINT: () => {}, SIGTERM: () => child.kill('SIGTERM') };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  try {
    const [status] = await once(child, 'close');
    return status ?? 130;
  } catch (error) {
    return fail(`${file} does not start: ${error.message}`, 1);
  } finally {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
  }
}
