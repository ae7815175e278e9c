import { ClusterSweep, formatPoint, type SweepCommand, type SweepPoint } from '../../helpers/cluster-sweep.ts';
import type { MutatingCall } from '../../helpers/docker-proxy.ts';
import type { Behaviour } from './behaviour.ts';

/** One call at which a command is killed. */
export interface CrashPoint extends Pick<SweepPoint, 'moment'>, Partial<Pick<SweepPoint, 'kills'>> {
  /** What is there then. */
  readonly title: string;
  readonly command: 'deploy' | 'grow' | 'shrink' | 'remove';
  /** The first request that begins so, or the last that matches. */
  readonly request: string | RegExp;
}

interface Measured {
  readonly command: SweepCommand;
  readonly calls: readonly MutatingCall[];
}

/**
 * A sample of crash points; `npm run test:long` does every call.
 *
 * @param points in an order in which each starts from what the one before has left
 */
export function crashBehaviour(points: readonly CrashPoint[]): Behaviour {
  return {
    title: 'deploy, resize and remove, killed half-way and run again, end as if nothing had happened',
    run: async (t, stand) => {
      const cluster = stand.cluster('crash');
      t.teardown(async () => cluster.remove('--volumes'));
      await using sweep = await ClusterSweep.open(cluster);
      const measure = async (file: string, ...words: readonly string[]): Promise<Measured> => {
        const calls = await sweep.measure(file, words);
        return { calls, command: { file, words, expected: await sweep.describe() } };
      };
      const resize = async (workers: number): Promise<Measured> =>
        measure('bin/resize-cluster', '--name', cluster.name, '--workers', String(workers));
      const measured = {
        deploy: await measure(...cluster.launcher, ...cluster.deployArgs('--workers', '1')),
        grow: await resize(2),
        shrink: await resize(1),
        remove: await measure('bin/spark-swarm', 'remove', '--name', cluster.name, '--yes', '--volumes'),
      };
      t.is(measured.shrink.command.expected, measured.deploy.command.expected, 'what grew and shrank is as it was');
      t.is(measured.remove.command.expected, '', 'nothing is left');
      for (const point of points) {
        const { command, calls } = measured[point.command];
        const where = { kills: 'command', ...point, call: findCall(calls, point.request) } as const;
        const { call, problem } = await sweep.interrupt(command, where);
        t.truthy(call, `${point.title}: not ${formatPoint(where)}`);
        t.is(problem, undefined, `${point.title}: ${formatPoint(where)}, ${call?.request}`);
      }
    },
  };
}

function findCall(calls: readonly MutatingCall[], request: string | RegExp): number {
  const found =
    typeof request === 'string'
      ? calls.find((call) => call.request.startsWith(request))
      : calls.findLast((call) => request.test(call.request));
  if (found) return found.number;
  throw new Error(`no ${request.toString()} among ${calls.map((call) => call.request).join(', ')}`);
}
