import test from 'ava';

import { ClusterSweep, formatPoint, type SweepCommand, type SweepPoint } from '../../helpers/cluster-sweep.ts';
import type { MutatingCall } from '../../helpers/docker-proxy.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';

const SERVICE = 'sbin/spark-cluster-service';
const RESIZE = 'bin/resize-cluster';

interface Measured {
  readonly command: SweepCommand;
  readonly calls: readonly MutatingCall[];
}

/** A sample of crash points; `npm run test:long` does every call. */
export function crashTests(): void {
  test.serial('deploy, resize and remove, interrupted and run again, end as if nothing had happened', async (t) => {
    const cluster = theCluster('crash');
    await using sweep = await ClusterSweep.open(theLab(), 'crash');
    const measure = async (file: string, ...words: readonly string[]): Promise<Measured> => {
      const calls = await sweep.measure(file, words);
      return { calls, command: { file, words, expected: await sweep.describe() } };
    };
    const deploy = await measure(SERVICE, ...cluster.deployArgs('--workers', '1'));
    const grow = await measure(RESIZE, '--name', 'crash', '--workers', '2');
    const shrink = await measure(RESIZE, '--name', 'crash', '--workers', '1');
    const remove = await measure(SERVICE, 'remove', '--name', 'crash', '--yes', '--volumes');
    t.is(shrink.command.expected, deploy.command.expected, 'what grew and shrank is as it was');
    t.is(remove.command.expected, '', 'nothing is left');

    // Each starts from what the one before has left.
    const points: readonly (readonly [string, Measured, SweepPoint])[] = [
      ['the lock stays', deploy, at(deploy, 'POST /configs/create', { moment: 'after' })],
      ['the answer gets lost', grow, at(grow, /^POST \/services\/.*\/update/, { moment: 'reply-lost' })],
      [
        'a worker is stopped, the number not lowered',
        shrink,
        at(shrink, /^POST \/services\/.*\/update/, { moment: 'before' }),
      ],
      ['the master is gone, the worker not', remove, at(remove, 'DELETE /services/', { moment: 'after' })],
      ['a network alone', deploy, at(deploy, 'POST /services/create', { moment: 'before', kills: 'all' })],
      ['no service is left', remove, at(remove, 'DELETE /networks/', { moment: 'before' })],
    ];
    for (const [title, { command }, point] of points) {
      const { call, problem } = await sweep.interrupt(command, point);
      t.truthy(call, `${title}: not ${formatPoint(point)}`);
      t.is(problem, undefined, `${title}: ${formatPoint(point)}, ${call?.request}`);
    }
  });
}

function at(
  { calls }: Measured,
  request: string | RegExp,
  how: Pick<SweepPoint, 'moment'> & Partial<Pick<SweepPoint, 'kills'>>,
): SweepPoint {
  // The first that begins so, or the last that matches.
  const found =
    typeof request === 'string'
      ? calls.find((call) => call.request.startsWith(request))
      : calls.findLast((call) => request.test(call.request));
  if (found) return { kills: 'command', ...how, call: found.number };
  throw new Error(`no ${request.toString()} among ${calls.map((call) => call.request).join(', ')}`);
}
