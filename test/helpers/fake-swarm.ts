import type { RawNode, RawService, RawTask } from '../../src/adapters/swarm/parse-swarm.ts';
import { LABELS } from '../../src/labels.ts';
import { readJsonFixture } from './builders.ts';
import { Answer, FakeEngine, refusal, type EngineRequest } from './fake-engine.ts';

export interface RawNamed {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly UpdatedAt: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Record<string, string>; readonly Data?: string };
}

const NOT_A_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

type Labels = Readonly<Record<string, string>>;

interface Labelled {
  readonly Name: string;
  readonly Labels?: Record<string, string>;
}

/**
 * The manager of a swarm in memory, with the services, tasks and nodes of a captured lab (engine 26.1.5), on this
 * machine: every node is 127.0.0.1 and has a socket of this engine, which says that it is that node.
 */
export class FakeSwarm {
  readonly engine: FakeEngine;
  info: Record<string, unknown>;
  isManager = true;
  nodes: readonly RawNode[];
  services: readonly RawService[];
  tasks: readonly RawTask[];
  configs: readonly RawNamed[] = [];
  secrets: readonly RawNamed[] = [];
  networks: readonly (Labelled & { readonly Id: string })[] = [];
  volumes: readonly Labelled[] = [];
  containers: readonly { readonly Labels?: Labels | null; readonly [key: string]: unknown }[] = [];

  private constructor(engine: FakeEngine) {
    this.engine = engine;
    this.info = readJsonFixture('docker-engine/info-26.1.5.json') as Record<string, unknown>;
    const engineLabel = (id: string): string => `unix://${engine.folder}/${id}.sock`;
    this.nodes = (readJsonFixture('docker-engine/nodes-26.1.5.json') as readonly RawNode[]).map((node) => ({
      ...node,
      Spec: { ...node.Spec, Labels: { ...node.Spec.Labels, 'io.spark-swarm.node.engine': engineLabel(node.ID) } },
      Status: { ...node.Status, Addr: '127.0.0.1' },
      ...(node.ManagerStatus ? { ManagerStatus: { ...node.ManagerStatus, Addr: '127.0.0.1:2377' } } : {}),
    }));
    this.services = readJsonFixture('docker-engine/services-26.1.5.json') as readonly RawService[];
    this.tasks = readJsonFixture('docker-engine/tasks-26.1.5.json') as readonly RawTask[];
    this.#install();
  }

  static async start(): Promise<FakeSwarm> {
    const swarm = new FakeSwarm(await FakeEngine.start());
    for (const { ID } of swarm.nodes) await swarm.engine.listenAs(ID);
    return swarm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }

  /** No cluster yet. */
  empty(): this {
    this.services = [];
    this.tasks = [];
    return this;
  }

  /** One node alone: the manager. */
  alone(): this {
    this.nodes = this.nodes.filter((node) => node.Spec.Role === 'manager');
    return this;
  }

  /** The master's published ports, by the port inside. */
  publish(ports: Readonly<Record<number, number>>): void {
    const published = Object.entries(ports).map(([target, port]) => ({
      TargetPort: Number(target),
      PublishedPort: port,
      PublishMode: 'host' as const,
    }));
    this.services = this.services.map((service) =>
      service.Spec.Labels?.[LABELS.role] === 'master'
        ? { ...service, Spec: { ...service.Spec, EndpointSpec: { Ports: published } } }
        : service,
    );
    this.tasks = this.tasks.map((task) =>
      task.Status.PortStatus?.Ports ? { ...task, Status: { ...task.Status, PortStatus: { Ports: published } } } : task,
    );
  }

  #install(): void {
    const { engine } = this;
    engine.on({
      'GET /info': ({ socket }) =>
        socket === '' ? this.info : { ...this.info, Swarm: { ...(this.info['Swarm'] as object), NodeID: socket } },
      'GET /swarm': () => (this.isManager ? { ID: 'u96uzwab39hwi3hljd9kqosdd' } : refusal(503, NOT_A_MANAGER)),
      'GET /_ping': () => new Answer(200, 'OK', 'text/plain'),
      'GET /nodes': () => this.nodes,
      'GET /services': (request) => this.services.filter(({ Spec }) => matches(request, Spec.Labels)),
      'GET /services/*': ({ id }) =>
        this.services.find(({ ID }) => ID === id) ?? refusal(404, `service ${id} not found`),
      'GET /tasks': (request) =>
        this.tasks.filter((task) => {
          const service = this.services.find(({ ID }) => ID === task.ServiceID);
          return service === undefined || matches(request, service.Spec.Labels);
        }),
      'DELETE /services/*': ({ id }) => {
        this.services = this.services.filter(({ ID }) => ID !== id);
        // The tasks of a service that is gone end at once here.
        this.tasks = this.tasks.filter(({ ServiceID }) => ServiceID !== id);
      },
      'POST /services/*/update': ({ id, body }) => {
        this.services = this.services.map((service) =>
          service.ID === id ? { ...service, Spec: JSON.parse(body) as RawService['Spec'] } : service,
        );
        return { Warnings: null };
      },
      'POST /containers/*/stop': () => new Answer(204),
      'DELETE /containers/*': () => new Answer(204),
      'GET /containers/json': (request) =>
        this.containers.filter(({ Labels: labels }) => matches(request, labels ?? {})),
      'GET /networks': (request) =>
        this.networks.filter(({ Id, Labels }) => matches(request, Labels) && hasId(request, Id)),
      'DELETE /networks/*': ({ id }) => {
        this.networks = this.networks.filter(({ Id }) => Id !== id);
        return new Answer(204);
      },
      'GET /volumes': (request) => ({ Volumes: this.volumes.filter(({ Labels }) => matches(request, Labels)) }),
      'DELETE /volumes/*': ({ id }) => {
        this.volumes = this.volumes.filter(({ Name }) => Name !== id);
        return new Answer(204);
      },
      ...this.#objects('configs'),
      ...this.#objects('secrets'),
    });
  }

  #objects(kind: 'configs' | 'secrets'): Parameters<FakeEngine['on']>[0] {
    const find = (id: string): RawNamed | undefined =>
      this[kind].find((object) => object.ID === id || object.Spec.Name === id);
    return {
      [`GET /${kind}`]: (request) => this[kind].filter(({ Spec }) => matches(request, Spec.Labels)),
      [`GET /${kind}/*`]: ({ id }) => find(id) ?? refusal(404, `${kind} ${id} not found`),
      [`POST /${kind}/create`]: ({ body }) => {
        const spec = JSON.parse(body) as RawNamed['Spec'];
        if (find(spec.Name)) return refusal(409, `rpc error: code = AlreadyExists desc = ${spec.Name} is there`);
        const ID = `${kind}-${this[kind].length}-${spec.Name}`;
        this[kind] = [...this[kind], { ID, Version: { Index: 1 }, UpdatedAt: new Date().toISOString(), Spec: spec }];
        return new Answer(201, JSON.stringify({ ID }));
      },
      [`DELETE /${kind}/*`]: ({ id }) => {
        if (!find(id)) return refusal(404, `${kind} ${id} not found`);
        this[kind] = this[kind].filter((object) => object !== find(id));
        return new Answer(204);
      },
    };
  }
}

/** Docker's filter `{"id": ["x"]}`. */
function hasId({ query }: EngineRequest, id: string): boolean {
  const { id: ids } = JSON.parse(query['filters'] ?? '{}') as { readonly id?: readonly string[] };
  return ids === undefined || ids.includes(id);
}

/** Docker's label filter, `{"label": ["a=b", "c"]}`: all must hold. */
function matches({ query }: EngineRequest, labels: Readonly<Record<string, string>> = {}): boolean {
  const { label = [] } = JSON.parse(query['filters'] ?? '{}') as { readonly label?: readonly string[] };
  return label.every((text) => {
    const at = text.indexOf('=');
    return at < 0 ? text in labels : labels[text.slice(0, at)] === text.slice(at + 1);
  });
}
