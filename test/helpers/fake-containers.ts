import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';

import { packTar, unpackTar, type ParsedTarEntryWithData } from 'modern-tar';

import type { RawContainer } from '../../src/adapters/engine/parse-container.ts';
import { COMPOSE_PROJECT_LABEL, COMPOSE_SERVICE_LABEL, LABELS } from '../../src/labels.ts';
import { Answer, FakeEngine, refusal, type EngineRequest } from './fake-engine.ts';

export interface FakeVolume {
  readonly Name: string;
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export interface FakeNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** What the engine keeps of a container that was made for files alone. */
interface Written {
  readonly body: Readonly<Record<string, unknown>>;
  readonly entries: readonly ParsedTarEntryWithData[];
}

/** One engine without a swarm, in memory: containers, volumes, networks, and files in volumes. */
export class FakeContainers implements AsyncDisposable {
  readonly engine: FakeEngine;
  info: Record<string, unknown> = {
    Name: 'laptop',
    NCPU: 4,
    MemTotal: 16 * 1024 ** 3,
    SystemTime: '2026-11-20T12:00:40Z',
    Swarm: { LocalNodeState: 'inactive' },
  };
  containers: readonly RawContainer[] = [];
  volumes: readonly FakeVolume[] = [];
  networks: readonly FakeNetwork[] = [];
  /** Containers that were made through the engine, by id: nobody starts them. */
  readonly written = new Map<string, Written>();
  /** What is in the volume that a made container mounts, by the file's path. */
  readonly files = new Map<string, string>();
  bridgeMtu: string | undefined;

  private constructor(engine: FakeEngine) {
    this.engine = engine;
    this.#install();
  }

  static async start(containers: readonly RawContainer[] = []): Promise<FakeContainers> {
    const fake = new FakeContainers(await FakeEngine.start());
    fake.containers = containers;
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }

  volume(name: string, labels: Readonly<Record<string, string>> = {}, createdAt = '2026-11-20T12:00:00Z'): void {
    this.volumes = [...this.volumes, { Name: name, CreatedAt: createdAt, Labels: labels }];
  }

  get volumeNames(): readonly string[] {
    return this.volumes.map(({ Name }) => Name);
  }

  #install(): void {
    this.engine.on({
      'GET /info': () => this.info,
      'GET /_ping': () => new Answer(200, 'OK', 'text/plain'),
      'GET /swarm': () => refusal(503, 'This node is not a swarm manager.'),
      'GET /networks/bridge': () => ({
        Options: this.bridgeMtu === undefined ? {} : { 'com.docker.network.driver.mtu': this.bridgeMtu },
      }),
      ...this.#containerRoutes(),
      ...this.#volumeRoutes(),
      'GET /networks': (request) => this.networks.filter(({ Labels }) => matches(request, Labels)),
      'DELETE /networks/*': ({ id }) => {
        this.networks = this.networks.filter(({ Id }) => Id !== id);
        return new Answer(204);
      },
    });
  }

  #containerRoutes(): Parameters<FakeEngine['on']>[0] {
    return {
      'GET /containers/json': (request) =>
        this.containers
          .filter(({ Config }) => matches(request, Config.Labels))
          .filter(({ State }) => request.query['all'] === 'true' || State.Status === 'running')
          .map(listed),
      'GET /containers/*/json': ({ id }) =>
        this.containers.find(({ Id }) => Id === id) ?? refusal(404, `No such container: ${id}`),
      'POST /containers/*/stop': () => new Answer(204),
      'POST /containers/*/restart': () => new Answer(204),
      'POST /containers/*/start': () => new Answer(204),
      'POST /containers/*/wait': () => ({ StatusCode: 0 }),
      'DELETE /containers/*': ({ id }) => {
        this.containers = this.containers.filter(({ Id }) => Id !== id);
        return new Answer(204);
      },
      'POST /containers/create': ({ body }) => {
        const Id = `made-${this.written.size + 1}`;
        this.written.set(Id, { body: JSON.parse(body) as Written['body'], entries: [] });
        return new Answer(201, JSON.stringify({ Id }));
      },
      'GET /containers/*/archive': async ({ query }) => {
        const text = this.files.get(query['path'] ?? '');
        if (text === undefined) return refusal(404, `Could not find the file ${query['path']}`);
        const name = query['path']?.split('/').at(-1) ?? '';
        const archive = await packTar([{ header: { name, size: Buffer.byteLength(text) }, body: text }]);
        return new Answer(200, Buffer.from(archive), 'application/x-tar');
      },
      'PUT /containers/*/archive': async ({ id, bytes }) => {
        const made = this.written.get(id);
        if (!made) return refusal(404, `No such container: ${id}`);
        const entries = await unpackTar(await buffer(Readable.from([bytes])));
        this.written.set(id, { ...made, entries: [...made.entries, ...entries] });
        return undefined;
      },
    };
  }

  #volumeRoutes(): Parameters<FakeEngine['on']>[0] {
    const find = (name: string): FakeVolume | undefined => this.volumes.find(({ Name }) => Name === name);
    return {
      'GET /volumes': (request) => ({ Volumes: this.volumes.filter(({ Labels }) => matches(request, Labels)) }),
      'GET /volumes/*': ({ id }) => find(id) ?? refusal(404, `get ${id}: no such volume`),
      // As Docker does it: one that is there is given, with the labels that it has.
      'POST /volumes/create': ({ body }) => {
        const { Name, Labels } = JSON.parse(body) as { Name: string; Labels: Record<string, string> };
        if (!find(Name)) this.volume(Name, Labels, String(this.info['SystemTime']));
        return new Answer(201, JSON.stringify(find(Name)));
      },
      'DELETE /volumes/*': ({ id }) => {
        if (!find(id)) return refusal(404, `get ${id}: no such volume`);
        this.volumes = this.volumes.filter(({ Name }) => Name !== id);
        return new Answer(204);
      },
    };
  }
}

function listed({ Id, Name, Config, NetworkSettings }: RawContainer): object {
  const bindings = Object.values(NetworkSettings.Ports).flatMap((each) => each ?? []);
  return {
    Id,
    Names: [Name],
    Labels: Config.Labels ?? {},
    Ports: bindings.map(({ HostPort, HostIp }) => ({ PublicPort: Number(HostPort), IP: HostIp })),
  };
}

/** Docker's label filter, `{"label": ["a=b", "c"]}`: all must hold. */
function matches({ query }: EngineRequest, labels: Readonly<Record<string, string>> | null): boolean {
  const { label = [] } = JSON.parse(query['filters'] ?? '{}') as { readonly label?: readonly string[] };
  return label.every((text) => {
    const at = text.indexOf('=');
    return at < 0 ? text in (labels ?? {}) : labels?.[text.slice(0, at)] === text.slice(at + 1);
  });
}

/** A container of ours that runs, as its engine inspects it. */
export function rawContainer(
  cluster: string,
  name: string,
  changes: { readonly labels?: Record<string, string>; readonly ports?: Record<number, number> } & Partial<
    RawContainer['State']
  > = {},
): RawContainer {
  const { labels, ports = {}, ...state } = changes;
  const [service = '', number = '1'] = name.split('-');
  return {
    Id: `id-${cluster}-${name}`,
    Name: `/${cluster}-${service}-${number}`,
    Created: '2026-11-20T12:00:00Z',
    RestartCount: 0,
    State: {
      Status: 'running',
      ExitCode: 0,
      OOMKilled: false,
      Error: '',
      StartedAt: '2026-11-20T12:00:01Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      ...state,
    },
    Config: {
      Image: 'spark-swarm:latest',
      Labels: {
        [COMPOSE_PROJECT_LABEL]: cluster,
        [COMPOSE_SERVICE_LABEL]: service,
        'com.docker.compose.container-number': number,
        [LABELS.cluster]: cluster,
        [LABELS.role]: service,
        ...labels,
      },
    },
    NetworkSettings: {
      Ports: Object.fromEntries(
        Object.entries(ports).map(([target, port]) => [
          `${target}/tcp`,
          [{ HostIp: '127.0.0.1', HostPort: String(port) }],
        ]),
      ),
    },
  };
}
