import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { parseCount } from '../src/units.ts';
import { BenchLab, DEFAULT_IMAGE } from './bench-lab.ts';
import type { Bench, Group } from './bench.ts';
import { judge, type Figure } from './figures.ts';
import { drainGroup } from './groups/drain.ts';
import { idleGroup } from './groups/idle.ts';
import { shipGroup, sizeGroup } from './groups/image.ts';
import { jobsGroup } from './groups/jobs.ts';
import { lifecycleGroup } from './groups/lifecycle.ts';
import { quickstartGroup } from './groups/quickstart.ts';
import { resizeGroup } from './groups/resize.ts';
import { startGroup, statusGroup } from './groups/start.ts';
import { submitGroup } from './groups/submit.ts';
import { victimsGroup } from './groups/victims.ts';
import { projectRoot, stopAll } from './run.ts';
import { formatTable } from './table.ts';

const LAB = 'bench';

const GROUPS: readonly Group[] = [
  startGroup,
  sizeGroup,
  shipGroup,
  statusGroup,
  lifecycleGroup,
  resizeGroup,
  victimsGroup,
  drainGroup,
  submitGroup,
  jobsGroup,
  idleGroup,
  quickstartGroup,
];

const HELP = `Usage: npm run bench -- [flags]

Measures the project against its floors: the best plain way of doing the same, in the same run and by turns. Brings up a
lab of its own ("${LAB}", three nodes) and takes it away again. A full run takes about half an hour.

  --only P1,P5     these marks alone
  --pairs N        pairs of each figure (default: 7)
  --long-pairs N   pairs of what takes minutes: P9, P10, P14 (default: 3)
  --image NAME     image of the clusters (default: ${DEFAULT_IMAGE}); P10, P14 and P15 are of the default one
  --keep           leave the lab for the next run
`;

export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      pairs: { type: 'string', default: '7' },
      'long-pairs': { type: 'string', default: '3' },
      image: { type: 'string', default: DEFAULT_IMAGE },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const controller = new AbortController();
  const onSignal = (): void => {
    controller.abort(new Error('interrupted'));
    stopAll();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const limits = { min: 1, max: 1000 };
  return measure({
    groups: chooseGroups(values.only),
    pairs: parseCount(values.pairs, '--pairs', limits),
    longPairs: parseCount(values['long-pairs'], '--long-pairs', limits),
    image: values.image,
    keepsLab: values.keep,
    signal: controller.signal,
  });
}

interface Request {
  readonly groups: readonly Group[];
  readonly pairs: number;
  readonly longPairs: number;
  readonly image: string;
  readonly keepsLab: boolean;
  readonly signal: AbortSignal;
}

/** @returns exit status: 0 when all was measured, whether the marks are met or not */
async function measure({ groups, image, keepsLab, ...request }: Request): Promise<number> {
  const figures: Figure[] = [];
  const startedAt = performance.now();
  const say = (line: string): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${line}\n`);
  };
  let failure: Error | undefined;
  say(`bringing up the lab "${LAB}"`);
  const lab = await BenchLab.up(LAB, image);
  try {
    for (const group of groups) {
      request.signal.throwIfAborted();
      const title = group.marks.join(', ');
      const bench: Bench = { ...request, lab, say: (line) => say(`${title}: ${line}`) };
      figures.push(...(await group.measure(bench)));
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error('not an error', { cause: error });
  } finally {
    lab.close();
    if (!keepsLab) await lab.down({ volumes: true });
  }
  if (figures.length > 0) await publish(figures);
  if (failure === undefined) return 0;
  process.stderr.write(`error: ${failure.message}\n`);
  return request.signal.aborted ? 130 : 1;
}

function chooseGroups(only: string | undefined): readonly Group[] {
  if (only === undefined) return GROUPS;
  const wanted = only.split(',').map((mark) => mark.trim().toUpperCase());
  const unknown = wanted.filter((mark) => !GROUPS.some(({ marks }) => marks.includes(mark)));
  if (unknown.length > 0) throw new Error(`--only: nothing measures ${unknown.join(', ')}`);
  return GROUPS.filter(({ marks }) => marks.some((mark) => wanted.includes(mark)));
}

async function publish(figures: readonly Figure[]): Promise<void> {
  const table = formatTable(figures);
  const folder = path.join(projectRoot, 'bench-output');
  const file = path.join(folder, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`);
  const machine = { cores: cpus().length, model: cpus()[0]?.model, load: loadavg(), node: process.version };
  const results = figures.map((figure) => ({ ...figure, ...judge(figure) }));
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify({ schemaVersion: 1, machine, figures: results }, undefined, 2)}\n`);
  process.stdout.write(`${table}\n${path.relative(process.cwd(), file)}\n`);
}
