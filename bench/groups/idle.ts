import { readdir, readFile } from 'node:fs/promises';

import { BenchCluster } from '../bench-cluster.ts';
import type { Bench, Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { MARKER } from '../run.ts';

/** P17: after a deploy, a resize and a submit nothing of ours goes on running. */
export const idleGroup: Group = { marks: ['P17'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const cluster = new BenchCluster(bench.lab, 'bench');
  await cluster.deploy('--workers', '1');
  await cluster.resize(2);
  await bench.lab.run('bin/submit', ['--name', cluster.name, '--example', 'pi', '1']);
  const found = await listMarkedProcesses();
  await cluster.remove();
  return [
    {
      id: 'P17',
      title: 'processes of ours beside an idle cluster',
      floorTitle: '',
      unit: 'count',
      marks: [{ kind: 'value', most: 0 }],
      samples: [found.length],
      floors: [],
      ...(found.length === 0 ? {} : { note: found.join('; ') }),
    },
  ];
}

/** Every process started by this bench that still runs, found by its environment, which children inherit. */
async function listMarkedProcesses(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid));
  const marked = await Promise.all(
    pids.map(async (pid) => {
      // Gone in between, or another user's.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      if (!environment.split('\0').includes(MARKER)) return [];
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return [`${pid} ${line.replaceAll('\0', ' ').trim()}`];
    }),
  );
  return marked.flat();
}
