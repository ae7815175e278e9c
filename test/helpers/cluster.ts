import type { ClusterStatus } from '../../src/operations/status.ts';
import type { TestLab, TestNode } from './lab.ts';
import type { CommandOptions, Outcome, RunningCommand } from './lab-command.ts';
import { waitFor } from './wait-for.ts';

interface RawTask {
  readonly ID: string;
  readonly ServiceID: string;
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly DesiredState: string;
  readonly Status: { readonly State: string; readonly ContainerStatus?: { readonly ContainerID?: string } };
}

/** A daemon's container, and the process in it: the same values later mean that nobody has touched it. */
export interface DaemonProcess {
  readonly name: string;
  readonly containerId: string;
  readonly pid: number;
  readonly startedAt: string;
}

/** Small, so that it starts quickly: an executor of 512m, the least that Spark runs with. */
const SMALL = ['--worker-memory', '1280m', '--port', 'master=0', '--port', 'ui=0'];

/** One cluster of a test lab, by the launchers that a user types. */
export class TestCluster {
  readonly lab: TestLab;
  readonly name: string;

  constructor(lab: TestLab, name: string) {
    this.lab = lab;
    this.name = name;
  }

  /** The words of a first deploy: sizes, ports and the image are remembered, and a later one needs no flag. */
  deployArgs(...flags: readonly string[]): readonly string[] {
    return ['deploy', '--name', this.name, '--image', this.lab.image, ...SMALL, ...flags];
  }

  async deploy(...flags: readonly string[]): Promise<Outcome> {
    return this.service(...this.deployArgs(...flags));
  }

  /** `sbin/spark-cluster-service`, as it is. */
  async service(...words: readonly string[]): Promise<Outcome> {
    return this.lab.run('sbin/spark-cluster-service', words);
  }

  async remove(...flags: readonly string[]): Promise<Outcome> {
    return this.service('remove', '--name', this.name, '--yes', ...flags);
  }

  async resize(workers: number, ...flags: readonly string[]): Promise<Outcome> {
    return this.lab.run('bin/resize-cluster', ['--name', this.name, '--workers', String(workers), ...flags]);
  }

  startSubmit(words: readonly string[], options: CommandOptions = {}): RunningCommand {
    return this.lab.start('bin/submit', ['--name', this.name, ...words], options);
  }

  async submit(words: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return this.startSubmit(words, options).ended;
  }

  /** What `status -o json` says, with its exit status. */
  async status(): Promise<ClusterStatus & { readonly exitStatus: number | null }> {
    const { stdout, stderr, status } = await this.service('status', '--name', this.name, '-o', 'json');
    if (stdout.trim() === '') throw new Error(`status printed nothing and ended with ${status}: ${stderr}`);
    return { ...(JSON.parse(stdout) as ClusterStatus), exitStatus: status };
  }

  async waitUntilHealthy(limitMs = 90_000): Promise<ClusterStatus> {
    return waitFor(`the cluster ${this.name} to be healthy`, {
      read: async () => this.status(),
      until: ({ healthy, exitStatus }) => healthy && exitStatus === 0,
      show: ({ problems, containers, master }) => ({ problems, containers, workers: master?.workers }),
      limitMs,
    });
  }

  /** Ids of the tasks that the swarm means to run: a task that was replaced has another id. */
  async taskIds(): Promise<readonly string[]> {
    const tasks = await this.#tasks();
    return tasks
      .filter((task) => task.DesiredState === 'running')
      .map((task) => task.ID)
      .toSorted();
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
    const { status, stdout, stderr } = await this.lab.run('docker', ['exec', containerId, 'sh', '-c', line], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${node.socket}` },
    });
    if (status !== 0) throw new Error(`${line} in ${displayName} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }

  node(hostname: string): TestNode {
    const node = this.lab.nodes.find((candidate) => candidate.hostname === hostname);
    if (!node) throw new Error(`no node named ${JSON.stringify(hostname)}`);
    return node;
  }

  async #tasks(): Promise<readonly RawTask[]> {
    const filters = { label: [`com.docker.stack.namespace=${this.name}`] };
    return this.lab.manager.api.get('/tasks', { query: { filters } });
  }
}
