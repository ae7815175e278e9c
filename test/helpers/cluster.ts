import type { PlatformKind } from '../../src/cluster/cluster.ts';
import type { ClusterStatus } from '../../src/operations/status.ts';
import type { TestLab, TestNode } from './lab.ts';
import type { CommandOptions, Outcome, RunningCommand } from './lab-command.ts';
import { waitFor } from './wait-for.ts';

interface RawTask {
  readonly ID: string;
  readonly DesiredState: string;
}

/** A daemon's container, and the process in it: the same values later mean that nobody has touched it. */
export interface DaemonProcess {
  readonly name: string;
  readonly containerId: string;
  readonly pid: number;
  readonly startedAt: string;
}

/** Where clusters are tested: a lab, or the engine of this machine. */
export type TestPlace = Pick<TestLab, 'nodes' | 'manager' | 'image' | 'data' | 'start' | 'run' | 'docker'>;

/** Small, so that several fit: executors of 512m, the least that Spark runs with, and a master with room for one driver. */
const SMALL = ['--worker-memory=1280m', '--master-memory=1792m'];
const FREE_PORTS = ['master=0', 'ui=0'];

/** What `status -o json` says, with its exit status. */
type SeenStatus = ClusterStatus & { readonly exitStatus: number | null };

/** One cluster of a test, by the launchers that a user types. */
export class TestCluster {
  readonly place: TestPlace;
  readonly name: string;
  readonly platform: PlatformKind;

  constructor(place: TestPlace, name: string, platform: PlatformKind) {
    this.place = place;
    this.name = name;
    this.platform = platform;
  }

  /** What makes it, as a launcher and its first words. */
  get launcher(): readonly [file: string, ...words: string[]] {
    return this.platform === 'swarm'
      ? ['sbin/spark-cluster-service', 'deploy']
      : ['bin/spark-container-service', 'start'];
  }

  /** The flags of a first deploy: sizes, ports and the image are remembered, and a later one needs no flag. */
  deployArgs(...flags: readonly string[]): readonly string[] {
    // A lab's folder is its nodes'; without a flag the containers of one engine have the project's.
    const data = this.platform === 'swarm' || flags.includes('--data') ? [] : ['--data', this.place.data];
    const isGiven = (port: string): boolean => flags.some((flag) => flag.startsWith(port.replace(/0$/, '')));
    const ports = FREE_PORTS.flatMap((port) => (isGiven(port) ? [] : ['--port', port]));
    const image = flags.includes('--image') ? [] : ['--image', this.place.image];
    const sizes = SMALL.filter((size) => !flags.includes(size.split('=')[0] ?? ''));
    return ['--name', this.name, ...image, ...sizes, ...ports, ...data, ...flags];
  }

  async deploy(...flags: readonly string[]): Promise<Outcome> {
    return this.make(this.deployArgs(...flags));
  }

  /** `deploy`, or `start`, with these flags and no other. */
  async make(flags: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    const [file, ...words] = this.launcher;
    return this.place.run(file, [...words, ...flags], options);
  }

  /** A command on this cluster: which platform it is on is for the command to find out. */
  async command(verb: string, ...words: readonly string[]): Promise<Outcome> {
    return this.place.run('bin/spark-swarm', [verb, '--name', this.name, ...words]);
  }

  async remove(...flags: readonly string[]): Promise<Outcome> {
    return this.command('remove', '--yes', ...flags);
  }

  async resize(workers: number, ...flags: readonly string[]): Promise<Outcome> {
    return this.place.run('bin/resize-cluster', ['--name', this.name, '--workers', String(workers), ...flags]);
  }

  startSubmit(words: readonly string[], options: CommandOptions = {}): RunningCommand {
    return this.place.start('bin/submit', ['--name', this.name, ...words], options);
  }

  async submit(words: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return this.startSubmit(words, options).ended;
  }

  /** What `status -o json` says, with its exit status. */
  async status(): Promise<SeenStatus> {
    const { stdout, stderr, status } = await this.command('status', '-o', 'json');
    if (stdout.trim() === '') throw new Error(`status printed nothing and ended with ${status}: ${stderr}`);
    return { ...(JSON.parse(stdout) as ClusterStatus), exitStatus: status };
  }

  /** Its status as soon as the master's page answers: on a busy machine it may be late for once. */
  async statusWithMaster(): Promise<SeenStatus> {
    return waitFor(`the master of ${this.name} to answer`, {
      read: async () => this.status(),
      until: ({ master }) => master !== null,
    });
  }

  async waitUntilHealthy(limitMs = 180_000): Promise<SeenStatus> {
    return waitFor(`the cluster ${this.name} to be healthy`, {
      read: async () => this.status(),
      until: ({ healthy, exitStatus }) => healthy && exitStatus === 0,
      show: ({ problems, containers, master }) => ({ problems, containers, workers: master?.workers }),
      limitMs,
    });
  }

  /** What the platform means to run, as ids: of a swarm's tasks, of containers. What was replaced has another one. */
  async memberIds(): Promise<readonly string[]> {
    const { api } = this.place.manager;
    if (this.platform === 'swarm') {
      const filters = { label: [`com.docker.stack.namespace=${this.name}`] };
      const tasks = await api.get<readonly RawTask[]>('/tasks', { query: { filters } });
      return tasks.flatMap((task) => (task.DesiredState === 'running' ? [task.ID] : [])).toSorted();
    }
    const filters = { label: [`com.docker.compose.project=${this.name}`] };
    const found = await api.get<readonly { readonly Id: string }[]>('/containers/json', {
      query: { all: true, filters },
    });
    return found.map(({ Id }) => Id).toSorted();
  }

  /** The daemons that run, by their display names. */
  async processes(): Promise<readonly DaemonProcess[]> {
    const { containers } = await this.status();
    const running = containers.filter((container) => container.isRunning);
    return Promise.all(
      running.map(async ({ displayName, containerId = '', node }) => {
        const { State } = await this.node(node).api.get<{
          readonly State: { readonly Pid: number; readonly StartedAt: string };
        }>(`/containers/${containerId}/json`);
        return { name: displayName, containerId, pid: State.Pid, startedAt: State.StartedAt };
      }),
    );
  }

  /** The node and the container of the master, or of `worker-N`. */
  async find(displayName: string): Promise<{ readonly node: TestNode; readonly containerId: string }> {
    const { containers } = await this.status();
    const found = containers.find((container) => container.displayName === displayName);
    if (found?.containerId === undefined) throw new Error(`${displayName} of ${this.name} has no container`);
    return { node: this.node(found.node), containerId: found.containerId };
  }

  /** Runs a shell line inside a daemon's container. @returns what it printed */
  async inside(displayName: string, line: string): Promise<string> {
    const { node, containerId } = await this.find(displayName);
    const { status, stdout, stderr } = await this.place.run('docker', ['exec', containerId, 'sh', '-c', line], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${node.socket}` },
    });
    if (status !== 0) throw new Error(`${line} in ${displayName} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }

  node(hostname: string): TestNode {
    const node = this.place.nodes.find((candidate) => candidate.hostname === hostname);
    if (!node) throw new Error(`no node named ${JSON.stringify(hostname)}`);
    return node;
  }
}
