// The way in from a fresh clone: sets up what is missing, then does what was asked for.
//   node scripts/bootstrap.mjs quickstart [flags]   test   ava [arguments]   bench [arguments]
// Plain Node without dependencies, because it runs before `npm ci`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { isBuilt, isInstalled, projectRoot } from './freshness.mjs';
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
  if (!isInstalled() && !install()) return giveUp('the dependencies could not be installed: see above');
  if (!isBuilt() && !build()) return giveUp('the build failed: see above');
  return work();
}

/** Nothing can be tested or run; whoever counts tests gets a count all the same. */
function giveUp(why) {
  if (task === 'test') process.stdout.write('0 passed, 1 failed\n');
  return fail(why, 1);
}

function install() {
  const startedAt = performance.now();
  headline('Installing the dependencies (npm ci, about 200 packages)');
  // On Windows npm is a .cmd, which only a shell can start; the toolkit itself runs on Linux and macOS.
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  headline(`Dependencies installed in ${seconds(startedAt)}`);
  return status === 0;
}

function build() {
  const startedAt = performance.now();
  headline('Building (tsc, esbuild)');
  const isWell = run(process.execPath, [path.join(projectRoot, 'scripts', 'build.mjs')]) === 0;
  headline(`Built in ${seconds(startedAt)}`);
  return isWell;
}

/** @returns the exit status; 130 when a signal ended it */
function run(file, argv, cwd = projectRoot) {
  const { status, error } = spawnSync(file, argv, { cwd, stdio: 'inherit' });
  if (error) return fail(`${file} does not start: ${error.message}`, 1);
  return status ?? 130;
}
