// Integration tests file by file, several files at the same time: half of what they do is waiting for containers.
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { projectRoot } from './freshness.mjs';
import { headline, seconds } from './says.mjs';
import { addCounts, noCounts, runAva } from './tap.mjs';

const FOLDER = 'test/integration';
/** What the largest of them take, with the nodes of a lab and the daemons in them. */
const LANE_BYTES = 7 * 2 ** 30;
const MOST_LANES = 3;
/** They make and remove images of this engine, so one after the other. */
const ALONE = /^(image|packages)/;

/** @returns {Promise<import('./tap.mjs').Counts>} of all files together; a failure names its file */
export async function runIntegration() {
  const files = (await readdir(path.join(projectRoot, FOLDER))).filter((name) => name.endsWith('.test.ts')).sort();
  const lanes = Math.max(1, Math.min(MOST_LANES, Math.floor(os.totalmem() / LANE_BYTES)));
  const total = noCounts();
  await runInLanes(files, {
    lanes,
    isAlone: (file) => ALONE.test(file),
    run: async (file) => {
      addCounts(total, await runFile(file), file);
    },
  });
  return total;
}

/**
 * @param {readonly string[]} files
 * @param {{ lanes: number, isAlone: (file: string) => boolean, run: (file: string) => Promise<void> }} options `isAlone`: of
 * these one runs at a time, beside the others
 */
export async function runInLanes(files, { lanes, isAlone, run }) {
  const waiting = [...files];
  let isTaken = false;
  const take = () => {
    const next = waiting.findIndex((file) => !isTaken || !isAlone(file));
    return next < 0 ? undefined : waiting.splice(next, 1)[0];
  };
  const work = async () => {
    for (let file = take(); file !== undefined; file = take()) {
      const alone = isAlone(file);
      isTaken ||= alone;
      await run(file);
      if (alone) isTaken = false;
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
}

/** What it says is shown when it has ended, so that the lines of two files are not mixed. */
async function runFile(file) {
  const startedAt = performance.now();
  const lines = [];
  const args = ['--config', 'ava.integration.config.js', path.join(FOLDER, file)];
  const counts = await runAva({ args, showPassed: true, write: (line) => lines.push(line) });
  headline(`${file}, ${seconds(startedAt)}`);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return counts;
}
