// Runs ava and counts. The counts are taken from the TAP lines themselves, so that a run that ends half-way counts, too.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';

import { projectRoot } from './freshness.mjs';

/** @typedef {{ passed: number, skipped: number, failures: string[] }} Counts `failures`: the titles of what failed */

/**
 * @param {{ args?: string[], showPassed: boolean, env?: Record<string, string>, write?: (line: string) => void }} options
 * @returns {Promise<Counts>} a run that failed as a whole has one failure that says so
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
  return status !== 0 && counts.failures.length === 0 ? { ...counts, failures: [`ava ended with ${status}`] } : counts;
}

/** @returns {Counts} */
export function noCounts() {
  return { passed: 0, skipped: 0, failures: [] };
}

/**
 * @param {Counts} total gets `counts` added
 * @param {Counts} counts
 * @param {string} origin goes before the titles of what failed
 */
export function addCounts(total, counts, origin) {
  total.passed += counts.passed;
  total.skipped += counts.skipped;
  total.failures.push(...counts.failures.map((title) => `${origin}: ${title}`));
}

function writeLine(line) {
  process.stdout.write(`${line}\n`);
}

/** Takes TAP line by line; shows failures with what belongs to them, the passed only when asked. */
export function createTapReader({ showPassed, write }) {
  const counts = noCounts();
  let isShown = showPassed;
  const startTest = (line) => {
    const [, not, title, directive] = /^(not )?ok\b(?: \d+ - )?(.*?)(?: # (SKIP|TODO)\b.*)?$/.exec(line) ?? [];
    if (directive) counts.skipped += 1;
    else if (not) counts.failures.push(title);
    else counts.passed += 1;
    isShown = showPassed || Boolean(directive ?? not);
  };
  const take = (line) => {
    if (/^(not )?ok\b/.test(line)) startTest(line);
    else if (/^(TAP version|1\.\.\d+$|# (tests|pass|skip|fail) \d+$|$)/.test(line)) return;
    if (isShown) write(line.replace(/^((?:not )?ok) \d+ - /, '$1  '));
  };
  return { take, counts: () => counts };
}
