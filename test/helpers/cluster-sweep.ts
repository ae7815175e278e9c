import { LABELS } from '../../src/labels.ts';
import type { TestCluster } from './cluster.ts';
import { describeClusterObjects } from './docker-objects.ts';
import { CallLog, DockerProxy, type FaultMoment, type MutatingCall } from './docker-proxy.ts';
import type { RunningCommand } from './lab-command.ts';
import { waitFor } from './wait-for.ts';

/** One way to interrupt a command: at which call, when exactly, and whether its children die with it. */
export interface SweepPoint {
  readonly call: number;
  readonly moment: FaultMoment;
  /** `kill -9` of our command alone, or of what it has started, too. */
  readonly kills: 'command' | 'all';
}

/** A command to interrupt, as a launcher and its words. */
export interface SweepCommand {
  readonly file: string;
  readonly words: readonly string[];
  /** What the cluster consists of after the command has run undisturbed. */
  readonly expected: string;
}

/** What came of one point. `undefined` in `problem`: running the command again made all well. */
export interface SweepResult {
  readonly point: SweepPoint;
  /** What was interrupted; `undefined` when the command made fewer calls this time. */
  readonly call: MutatingCall | undefined;
  readonly firstStatus: number | null;
  readonly problem: string | undefined;
}

const SETTLE_MS = 45_000;

/**
 * Runs commands through proxies in front of every engine of a place, and interrupts them. On a swarm the nodes' labels lead
 * to their proxies while it is open.
 */
export class ClusterSweep implements AsyncDisposable {
  readonly #cluster: TestCluster;
  readonly #log = new CallLog();
  readonly #proxies: readonly DockerProxy[];

  private constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.#proxies = cluster.place.nodes.map(
      ({ hostname, socket }, index) =>
        new DockerProxy({ name: hostname, socket }, `/tmp/spark-swarm-${process.pid}-${index + 1}.sock`, this.#log),
    );
  }

  static async open(cluster: TestCluster): Promise<ClusterSweep> {
    const sweep = new ClusterSweep(cluster);
    await Promise.all(sweep.#proxies.map(async (proxy) => proxy.start()));
    await sweep.#label((index) => sweep.#proxies[index]?.socket ?? '');
    return sweep;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#label((index) => this.#cluster.place.nodes[index]?.socket ?? '');
    await Promise.all(this.#proxies.map(async (proxy) => proxy[Symbol.asyncDispose]()));
  }

  /** Runs the command undisturbed. @returns the changing calls that it makes; @throws Error if it fails */
  async measure(file: string, words: readonly string[]): Promise<readonly MutatingCall[]> {
    this.#log.reset();
    await this.#mustRun(file, words);
    return this.#log.calls;
  }

  async describe(): Promise<string> {
    return describeClusterObjects(this.#cluster);
  }

  /** Interrupts the command at the point, runs it again, and compares what is there then. */
  async interrupt({ file, words, expected }: SweepCommand, point: SweepPoint): Promise<SweepResult> {
    const first = this.#start(file, words, point);
    const { status: firstStatus } = await first.exited;
    const call = this.#log.hasFired ? this.#log.calls[point.call - 1] : undefined;
    this.#log.reset();
    const finish = (problem?: string): SweepResult => ({ point, call, firstStatus, problem });
    const again = await this.#start(file, words).ended;
    if (again.status !== 0)
      return finish(
        `run again it ended with ${again.status}: ${again.stderr}\nfirst run: ${first.stderr}\nbroken connections: ${this.#log.broken.join('; ')}`,
      );
    if (point.moment !== 'reply-lost' && /waiting for another command/.test(again.stderr)) {
      return finish(`run again it waited for a lock: ${again.stderr}`);
    }
    try {
      await waitFor('the objects of a clean run', {
        read: async () => this.describe(),
        until: (seen) => seen === expected,
        show: (seen) => differingLines(expected, seen),
        limitMs: SETTLE_MS,
      });
    } catch (error) {
      return finish((error as Error).message);
    }
    return finish();
  }

  #start(file: string, words: readonly string[], point?: SweepPoint): RunningCommand {
    const kill = (): void => (point?.kills === 'all' ? command.killTree() : command.kill('SIGKILL'));
    this.#log.reset(point && { call: point.call, moment: point.moment, kill, sparesDocker: point.kills === 'command' });
    const env = { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${this.#proxies[0]?.socket}` };
    const command = this.#cluster.place.start(file, words, { env });
    return command;
  }

  async #mustRun(file: string, words: readonly string[]): Promise<void> {
    const { status, stderr } = await this.#start(file, words).ended;
    if (status !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${status}: ${stderr}`);
  }

  async #label(socketOf: (index: number) => string): Promise<void> {
    const { place, platform } = this.#cluster;
    if (platform !== 'swarm') return;
    for (const [index, { hostname }] of place.nodes.entries()) {
      await place.docker('node', 'update', '--label-add', `${LABELS.nodeEngine}=unix://${socketOf(index)}`, hostname);
    }
  }
}

/** Every call of a command with every moment, and each way to kill. */
export function listPoints(calls: readonly MutatingCall[]): readonly SweepPoint[] {
  return calls.flatMap(({ number, isDocker }) => [
    { call: number, moment: 'before', kills: 'command' } as const,
    { call: number, moment: 'after', kills: 'command' } as const,
    // Only where a docker command line runs does it make a difference whether it dies too.
    ...(isDocker
      ? [
          { call: number, moment: 'before', kills: 'all' } as const,
          { call: number, moment: 'after', kills: 'all' } as const,
        ]
      : []),
    { call: number, moment: 'reply-lost', kills: 'command' } as const,
  ]);
}

export function formatPoint({ call, moment, kills }: SweepPoint): string {
  return moment === 'reply-lost' ? `reply of call ${call} lost` : `killed (${kills}) ${moment} call ${call}`;
}

function differingLines(expected: string, seen: string): string {
  const [wanted, present] = [expected.split('\n'), seen.split('\n')];
  const missing = wanted.filter((line, index) => wanted.indexOf(line) !== index || !present.includes(line));
  return [
    ...missing.map((line) => `- ${line}`),
    ...present.filter((line) => !wanted.includes(line)).map((line) => `+ ${line}`),
    `${present.length} lines instead of ${wanted.length}`,
  ].join('\n');
}
