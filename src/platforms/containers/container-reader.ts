import pMap from 'p-map';

import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import type { EnginePlace } from '../../adapters/engine/engine-place.ts';
import { listVolumes, type ListedVolume } from '../../adapters/engine/list-volumes.ts';
import { parseContainer, type RawContainer } from '../../adapters/engine/parse-container.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { findProjects, projectOf } from '../../containers/container-cluster.ts';
import type { EngineContainer, EngineSnapshot } from '../../containers/engine-container.ts';
import { NotFoundError } from '../../errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../labels.ts';
import { readMemories } from './cluster-memory.ts';

interface RawListed {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
}

const INSPECTIONS_AT_ONCE = 8;

/** Reads one engine: the part of the platform that `status` and `list` need, and nothing more. */
export class ContainerReader {
  readonly api: EngineApi;
  readonly #host: string;
  readonly #address: string;
  readonly #isLocal: boolean;

  constructor(api: EngineApi, { host, address, isLocal }: EnginePlace) {
    this.api = api;
    this.#host = host;
    this.#address = address;
    this.#isLocal = isLocal;
  }

  async listClusters(): Promise<readonly Cluster[]> {
    return findProjects(await this.#snapshot(await this.#list([LABELS.role])));
  }

  async readCluster(name: string): Promise<Cluster | undefined> {
    const listed = (await this.#list([LABELS.role])).filter(({ Labels }) => projectOf(Labels) === name);
    return findProjects(await this.#snapshot(listed)).find((cluster) => cluster.name === name);
  }

  /** True when there is a container of this cluster, running or not, or something is remembered of it. */
  async hasCluster(name: string, timeoutMs?: number): Promise<boolean> {
    const [listed, memories] = await Promise.all([
      this.#list([LABELS.role], timeoutMs),
      readMemories(this.api, timeoutMs),
    ]);
    return listed.some(({ Labels }) => projectOf(Labels) === name) || memories.some(({ cluster }) => cluster === name);
  }

  /** Every container of a project, also those that are not Spark's or not ours. */
  async readProject(name: string): Promise<readonly EngineContainer[]> {
    return this.#inspect(
      (await this.#list([COMPOSE_PROJECT_LABEL])).filter(
        ({ Labels }) => projectOf(Labels) === name || Labels[COMPOSE_PROJECT_LABEL] === name,
      ),
    );
  }

  /** Volumes of clusters on this engine, but not those of stacks. */
  async listVolumes(name: string): Promise<readonly ListedVolume[]> {
    const volumes = await listVolumes(this.api, { label: [COMPOSE_PROJECT_LABEL] });
    return volumes.filter(({ Labels }) => projectOf(Labels) === name);
  }

  async #list(label: readonly string[], timeoutMs?: number): Promise<readonly RawListed[]> {
    const found = await this.api.get<readonly RawListed[]>('/containers/json', {
      query: { all: true, filters: { label } },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return found.filter(({ Labels }) => Labels[COMPOSE_PROJECT_LABEL] !== undefined);
  }

  async #snapshot(listed: readonly RawListed[]): Promise<EngineSnapshot> {
    const [containers, memories] = await Promise.all([this.#inspect(listed), readMemories(this.api)]);
    return { containers, memories, host: this.#host, address: this.#address, isLocal: this.#isLocal };
  }

  async #inspect(listed: readonly RawListed[]): Promise<readonly EngineContainer[]> {
    const found = await pMap(listed, async ({ Id }) => this.#inspectOne(Id), { concurrency: INSPECTIONS_AT_ONCE });
    return found.filter((container) => container !== undefined);
  }

  /** @returns `undefined` for one that has gone in the meantime */
  async #inspectOne(id: string): Promise<EngineContainer | undefined> {
    try {
      return parseContainer(await this.api.get<RawContainer>(`/containers/${id}/json`));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}
