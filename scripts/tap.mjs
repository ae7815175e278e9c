// Runs ava and counts. The counts are taken from the TAP lines themselves, so that a run that ends half-way counts, too.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';

import { projectRoot } from './freshness.mjs';

/**
 * @param {{ args?: string[], showPassed: boolean, env?: Record<string, string>, write?: (line: string) => void }} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>} a run that failed as a whole has 1 failed
 */
export async function runAva({ args = [], showPassed, env = {}, write = writeLine }) {
  const ava = path.join(projectRoot, 'node_modules', 'ava', 'entrypoints', 'cli.mjs');
  const child = spawn(process.execPath, [ava, '--tap', ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const reader = createTapReader({ showPassed, write });
  createInterface({ input: child.stdout }).on('line', reader.take);
  const status = await new Promise((resolve) => child.once('close', resolve));
  const counts = reader.counts();
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function writeLine(line) {
  process.stdout.write(`${line}\n`);
}

/** Takes TAP line by line; shows failures with what belongs to them, the passed only when asked. */
export function createTapReader({ showPassed, write }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let isShown = showPassed;
  const startTest = (line) => {
    const [, not, directive] = /^(not )?ok\b.*?(?: # (SKIP|TODO)\b.*)?$/.exec(line) ?? [];
    const outcome = directive ? 'skipped' : not ? 'failed' : 'passed';
    counts[outcome] += 1;
    isShown = showPassed || outcome !== 'passed';
  };
  const take = (line) => {
    if (/^(not )?ok\b/.test(line)) startTest(line);
    else if (/^(TAP version|1\.\.\d+$|# (tests|pass|skip|fail) \d+$|$)/.test(line)) return;
    if (isShown) write(line.replace(/^((?:not )?ok) \d+ - /, '$1  '));
  };
  return { take, counts: () => counts };
}
