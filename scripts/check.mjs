// What `npm test` runs once everything is set up. Every check runs, whatever became of the one before; at the end all
// that failed is named again, and the last line sums up: `N passed, N failed[, N skipped]`. A check that is no test run
// counts as one failed when it fails.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { projectRoot } from './freshness.mjs';
import { runIntegration } from './lanes.mjs';
import { fail, headline, seconds } from './says.mjs';
import { addCounts, noCounts, runAva } from './tap.mjs';

const NOTHING = noCounts();

const CHECKS = [
  { title: 'Format (prettier)', run: () => tool('prettier', 'bin/prettier.cjs', ['--check', '--log-level=warn', '.']) },
  { title: 'Lint (oxlint)', run: () => tool('oxlint', 'bin/oxlint', ['--type-aware', '--deny-warnings']) },
  { title: 'Types (tsc)', run: () => tool('typescript', 'bin/tsc', ['--noEmit']) },
  { title: 'Unused code (knip)', run: () => tool('knip', 'bin/knip.js', ['--no-progress']) },
  { title: 'Package (publint)', run: () => tool('publint', 'src/cli.js', ['--strict']) },
  { title: 'Unit tests', run: () => runAva({ showPassed: false }) },
  { title: 'Integration tests', run: integration },
];

/** @returns {Promise<number>} exit status */
export async function check() {
  const startedAt = performance.now();
  const total = noCounts();
  for (const { title, run } of CHECKS) {
    addCounts(total, await timed(title, run), title);
  }
  headline(`All checks in ${seconds(startedAt)}`);
  for (const failure of total.failures) headline(`Failed: ${failure}`);
  process.stdout.write(`${formatCounts(total)}\n`);
  return total.failures.length === 0 ? 0 : 1;
}

async function timed(title, run) {
  const startedAt = performance.now();
  headline(title);
  const counts = await run();
  headline(`${title}: ${outcomeOf(counts)}, ${seconds(startedAt)}`);
  return counts;
}

function outcomeOf(counts) {
  if (counts === NOTHING) return 'ok';
  return counts.passed + counts.skipped === 0 ? 'failed' : formatCounts(counts);
}

function tool(name, file, args) {
  const entry = path.join(projectRoot, 'node_modules', name, file);
  const { status } = spawnSync(process.execPath, [entry, ...args], { cwd: projectRoot, stdio: 'inherit' });
  return status === 0 ? NOTHING : { ...NOTHING, failures: [`${name} ended with ${status}`] };
}

/** On a real engine, which is set up first; without one there is nothing to test on, which CI must not take for success. */
async function integration() {
  const { setUpMachine } = await import('../dist/test/helpers/set-up-machine.js');
  const problem = await setUpMachine();
  if (problem === undefined) return runIntegration();
  const isRequired = Boolean(process.env.CI || process.env.REQUIRE_DOCKER);
  if (isRequired) {
    fail(problem, 1);
    return { ...NOTHING, failures: [problem] };
  }
  headline(`Integration tests skipped: ${problem}`);
  return { ...NOTHING, skipped: 1 };
}

function formatCounts({ passed, skipped, failures }) {
  return `${passed} passed, ${failures.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
