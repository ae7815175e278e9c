import { setTimeout as sleep } from 'node:timers/promises';

import { Container } from '../../adapters/engine/container.ts';
import { ExecJobShell } from '../../adapters/jobs/exec-job-shell.ts';
import { parseRememberedSpec } from '../../cluster/spec.ts';
import { EngineError, InvalidStateError, NotFoundError } from '../../errors.ts';
import type { JobShell, TaskObservation, TaskRunner, TaskStart } from '../../jobs/job-shell.ts';
import {
  planTaskMemory,
  planTaskService,
  taskServiceName,
  type NodePlace,
  type NodeRoom,
  type ServiceSpec,
} from '../../jobs/task-service.ts';
import { LABELS } from '../../labels.ts';
import { clusterNameOf, type SwarmSnapshot } from '../../stack/swarm-cluster.ts';
import { hasEnded, isWanted, takesRoom, type StackTask, type SwarmNode } from '../../stack/swarm-state.ts';
import { parseSparkSize } from '../../units.ts';
import type { SwarmReader } from './swarm-reader.ts';

export interface TaskRunnerOptions {
  readonly reader: SwarmReader;
  /** Name of the cluster. */
  readonly cluster: string;
  /** A node that was entered by ssh; `undefined`: beside the master. */
  readonly place?: NodePlace | undefined;
}

/** Longer than the grace that the master's service gives its containers. */
const END_LIMIT_MS = 30_000;
const POLL_MS = 100;
const RECORDS = '/var/lib/spark/jobs/records';
/** Nothing is uploaded by way of a task. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;

/** Drivers as one-shot services of a swarm: found by their labels, made after the master's own service. */
export class SwarmTaskRunner implements TaskRunner {
  readonly #reader: SwarmReader;
  readonly #cluster: string;
  readonly #place: NodePlace | undefined;

  constructor({ reader, cluster, place }: TaskRunnerOptions) {
    this.#reader = reader;
    this.#cluster = cluster;
    this.#place = place;
  }

  async start({ id, argv, driverBytes }: TaskStart): Promise<void> {
    const { client } = this.#reader;
    const swarm = await this.#reader.readSwarm();
    // Also when it is there already: its own reservation would count against it.
    const name = taskServiceName(this.#cluster, id);
    if (swarm.services.some((service) => service.name === name && this.#isOurs(service.labels, id))) return;
    const master = this.#findMaster(swarm);
    const node = this.#findNode(swarm, master.id);
    const spec = await client.api.get<{ readonly Spec: ServiceSpec }>(`/services/${master.id}`);
    const conf = parseRememberedSpec(master.labels[LABELS.spec])?.conf ?? {};
    const heapBytes = driverBytes ?? parseSparkSize(conf['spark.driver.memory'] ?? '');
    const service = planTaskService(spec.Spec, {
      cluster: this.#cluster,
      id,
      argv,
      limitBytes: planTaskMemory(heapBytes, describeRoom(node, swarm)),
      nodeId: node.id,
      place: this.#place,
    });
    try {
      await client.api.post('/services/create', { body: service });
    } catch (error) {
      // Somebody was quicker; the same name is the same job.
      if (!(error instanceof EngineError && error.statusCode === 409) || !(await this.#findServices(id)).length)
        throw error;
    }
  }

  async observe(): Promise<ReadonlyMap<string, TaskObservation>> {
    const labels = [`${LABELS.cluster}=${this.#cluster}`, LABELS.job];
    const { client } = this.#reader;
    const [services, tasks, nodes] = await Promise.all([
      client.listServices(labels),
      client.listTasks(labels),
      client.listNodes(),
    ]);
    return new Map(
      services.map((service) => {
        const id = service.labels[LABELS.job] ?? '';
        const task = newest(tasks.filter(({ serviceId }) => serviceId === service.id));
        return [id, describeTask(id, task, nodes)];
      }),
    );
  }

  async openShell(jobId: string, signal: AbortSignal): Promise<JobShell | undefined> {
    signal.throwIfAborted();
    const { client, engines } = this.#reader;
    const labels = [`${LABELS.cluster}=${this.#cluster}`, `${LABELS.job}=${jobId}`];
    const task = newest(await client.listTasks(labels));
    if (task?.containerId === undefined || task.state !== 'running') return undefined;
    const node = (await client.listNodes()).find(({ id }) => id === task.nodeId);
    if (!node) return undefined;
    const container = new Container(await engines.open(node), task.containerId);
    return new ExecJobShell({
      place: `the task of the job ${jobId} on ${node.hostname}`,
      base: this.#place?.base ?? RECORDS,
      owner: this.#place?.owner ?? NOBODY,
      open: async () => container,
      hint: `spark-swarm job status ${jobId} --name ${this.#cluster}`,
    });
  }

  /** Returns when the container has ended, so that whoever reads the record afterwards reads the last of it. */
  async remove(jobId: string): Promise<void> {
    const { client } = this.#reader;
    for (const service of await this.#findServices(jobId)) await client.removeService(service);
    const deadline = Date.now() + END_LIMIT_MS;
    const labels = [`${LABELS.cluster}=${this.#cluster}`, `${LABELS.job}=${jobId}`];
    // One on a node that is lost never ends.
    while ((await client.listTasks(labels)).some((task) => !hasEnded(task)) && Date.now() < deadline)
      await sleep(POLL_MS);
  }

  async #findServices(jobId: string): Promise<readonly string[]> {
    const labels = [`${LABELS.cluster}=${this.#cluster}`, `${LABELS.job}=${jobId}`];
    return (await this.#reader.client.listServices(labels)).map(({ id }) => id);
  }

  #isOurs(labels: Readonly<Record<string, string>>, id: string): boolean {
    return labels[LABELS.cluster] === this.#cluster && labels[LABELS.job] === id;
  }
  #findMaster({ services }: SwarmSnapshot): SwarmSnapshot['services'][number] {
    const master = services.find(
      ({ labels }) => clusterNameOf(labels) === this.#cluster && labels[LABELS.role] === 'master',
    );
    if (master) return master;
    throw new NotFoundError(`No cluster named "${this.#cluster}" on the swarm`, {
      hint: 'spark-swarm list shows them all',
    });
  }

  /** Where the record lies: there the driver can write it. */
  #findNode({ nodes, tasks }: SwarmSnapshot, masterId: string): SwarmNode {
    const task = tasks.find((each) => each.serviceId === masterId && isWanted(each));
    const nodeId = this.#place?.nodeId ?? task?.nodeId;
    const node = nodes.find(({ id }) => id === nodeId);
    if (node?.state === 'ready' && node.availability === 'active') return node;
    const seen = node ? `its node ${node.hostname} is ${node.state}, ${node.availability}` : 'the master has no node';
    throw new InvalidStateError(`Cannot start a driver in the cluster "${this.#cluster}": ${seen}`, {
      hint:
        node?.availability === 'drain' ? `docker node update --availability active ${node.hostname}` : 'docker node ls',
    });
  }
}

/** Nodes of one lab share a machine: what is reserved on any of them counts, as everywhere. */
function describeRoom(node: SwarmNode, { nodes, services, tasks }: SwarmSnapshot): NodeRoom {
  const host = node.labels[LABELS.nodeHost];
  const beside = new Set(
    nodes
      .filter(({ id, labels }) => id === node.id || (host !== undefined && labels[LABELS.nodeHost] === host))
      .map(({ id }) => id),
  );
  const reserved = new Map(services.map(({ id, reservedMemoryBytes }) => [id, reservedMemoryBytes]));
  const here = tasks.filter((task) => beside.has(task.nodeId) && takesRoom(task));
  return {
    hostname: node.hostname,
    memoryBytes: node.memoryBytes,
    reservedMemoryBytes: here.reduce((sum, task) => sum + (reserved.get(task.serviceId) ?? 0), 0),
  };
}

function newest(tasks: readonly StackTask[]): StackTask | undefined {
  return tasks.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
}

/** A service whose task the manager has not made yet is as pending as one without a node. */
function describeTask(jobId: string, task: StackTask | undefined, nodes: readonly SwarmNode[]): TaskObservation {
  const node = nodes.find(({ id }) => id === task?.nodeId);
  const isLost = task !== undefined && !hasEnded(task) && node !== undefined && node.state !== 'ready';
  return {
    jobId,
    state: task?.state ?? 'pending',
    message: isLost ? `node ${node.hostname} is ${node.state}` : (task?.error ?? ''),
    // Docker says 0 as long as it runs.
    exitCode: task && hasEnded(task) ? task.exitCode : undefined,
    node: node?.hostname ?? '',
  };
}
