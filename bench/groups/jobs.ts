import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { BenchCluster } from '../bench-cluster.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';

/** Says when it ends, by the clock that this machine and its lab share. */
const ENDS = 'sleep 3\nexec date +%s%N\n';
/** What a driver does after INT: it takes a while, and then it is gone. */
const TIDIES_UP = "trap 'sleep 3; exit 130' INT\necho up\nsleep 600\n";
/** The same by hand: `$1` is the script; prints how long it took from the signal to the end, in nanoseconds. */
const BY_HAND = `setsid env --default-signal=INT sh -c "$1" >/dev/null & pid=$!
sleep 1
from=$(date +%s%N)
kill -s INT -- -$pid
wait $pid
echo $(($(date +%s%N) - from))`;
const NS_PER_MS = 1e6;

/** P12 and P13: what the end of a job, and that of a cancelled one, cost besides themselves. */
export const jobsGroup: Group = { marks: ['P12', 'P13'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const { lab } = bench;
  const cluster = new BenchCluster(lab, 'bench');
  await cluster.deploy('--workers', '1');
  const [master] = await cluster.containers(/_master\./);
  if (!master) throw new Error('there is no master');
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-bench-'));
  const start = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return (await lab.run('bin/job', ['run', '-q', '--name', cluster.name, '--type', 'shell', file])).stdout.trim();
  };
  const returns: number[] = [];
  const cancels: number[] = [];
  const kills: number[] = [];
  await byTurns(bench, bench.pairs, async () => {
    const id = await start('ends.sh', ENDS);
    await lab.run('bin/job', ['wait', '--name', cluster.name, id]);
    const returnedAt = Date.now();
    const { stdout } = await lab.run('bin/job', ['logs', '--name', cluster.name, id]);
    returns.push(returnedAt - Number(stdout) / NS_PER_MS);

    const other = await start('tidies.sh', TIDIES_UP);
    const cancelled = await lab.run('bin/job', ['cancel', '--grace', '60s', '--name', cluster.name, other]);
    cancels.push(cancelled.ms);
    const byHand = await lab.docker('exec', master.id, 'sh', '-c', BY_HAND, 'by-hand', TIDIES_UP);
    kills.push(Number(byHand.stdout) / NS_PER_MS);
  });
  await rm(folder, { recursive: true });
  await cluster.remove();
  return [
    {
      id: 'P12',
      title: 'job wait: from the end of the job to its return',
      floorTitle: 'none: the end itself',
      unit: 'ms',
      marks: [{ kind: 'value', most: 200 }],
      samples: returns,
      floors: [],
    },
    {
      id: 'P13',
      title: 'job cancel of a job that takes 3 s to end',
      floorTitle: 'kill -INT of the same, in its container',
      unit: 'ms',
      marks: [{ kind: 'ratio', most: 1.1 }],
      samples: cancels,
      floors: kills,
      note: 'our side has the start of a program and the read of the state in it',
    },
  ];
}
