import { LABELS } from '../../src/labels.ts';
import type { TestCluster, TestPlace } from './cluster.ts';
import type { TestLab, TestNode } from './lab.ts';

interface RawObject {
  readonly Id?: string;
  readonly ID?: string;
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly RepoTags?: readonly string[] | null;
  readonly Spec?: { readonly Name?: string };
}

/**
 * What the engine of this machine holds of one run of tests, by name, one line each. Volumes without a name are not among
 * it: see {@link listNamelessVolumes}.
 */
export async function listObjectsNamed(node: TestNode, name: string): Promise<readonly string[]> {
  const lines = await listNode(node);
  return lines.filter((line) => line.includes(name) && !line.includes(' image ')).toSorted();
}

/** Names of the volumes that the daemons' containers were given without asking for a name. */
export async function listNamelessVolumes(cluster: TestCluster): Promise<readonly string[]> {
  const daemons = await cluster.processes();
  const mounts = await Promise.all(
    daemons.map(async ({ name }) => {
      const { node, containerId } = await cluster.find(name);
      const { Mounts } = await node.api.get<{ readonly Mounts: readonly RawObject[] }>(
        `/containers/${containerId}/json`,
      );
      return Mounts.flatMap(({ Name }) => Name ?? []);
    }),
  );
  return mounts.flat().filter((volume) => /^[0-9a-f]{64}$/.test(volume));
}

/** Those of them that are still on one of the engines. */
export async function findVolumes(place: TestPlace, names: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    place.nodes.map(async ({ api }) => api.get<{ readonly Volumes: readonly RawObject[] | null }>('/volumes')),
  );
  return lists.flatMap(({ Volumes }) => Volumes ?? []).flatMap(({ Name = '' }) => (names.includes(Name) ? [Name] : []));
}

/** Everything that the engines of a lab hold, one line each with its id: what is there before and after can be compared. */
export async function listObjects(lab: TestLab): Promise<readonly string[]> {
  const perNode = lab.nodes.map(listNode);
  const ofSwarm = (['services', 'secrets', 'configs'] as const).map(async (kind) =>
    (await lab.manager.api.get<readonly RawObject[]>(`/${kind}`)).map((object) =>
      describe(undefined, kind.slice(0, -1), object),
    ),
  );
  return (await Promise.all([...perNode, ...ofSwarm])).flat().toSorted();
}

async function listNode(node: TestNode): Promise<readonly string[]> {
  const [containers, networks, volumes, images] = await Promise.all([
    node.api.get<readonly RawObject[]>('/containers/json', { query: { all: true } }),
    node.api.get<readonly RawObject[]>('/networks'),
    node.api.get<{ readonly Volumes: readonly RawObject[] | null }>('/volumes'),
    node.api.get<readonly RawObject[]>('/images/json'),
  ]);
  return [
    ...containers.map((object) => describe(node, 'container', object)),
    ...networks.map((object) => describe(node, 'network', object)),
    ...(volumes.Volumes ?? []).map((object) => describe(node, 'volume', object)),
    ...images.map((object) => describe(node, 'image', object)),
  ];
}

/** `node-2 volume alpha_data`; nodes are named by their numbers, because a lab's own name is another in every run. */
function describe(
  node: TestNode | undefined,
  kind: string,
  { Id, ID, Name, Names, RepoTags, Spec }: RawObject,
): string {
  const place = node === undefined ? 'swarm' : `node-${/[0-9]+$/.exec(node.hostname)?.[0] ?? 1}`;
  // An engine makes its own networks anew whenever it starts.
  const isBuiltIn = kind === 'network' && ['bridge', 'host', 'none'].includes(Name ?? '');
  const id = isBuiltIn ? undefined : (Id ?? ID);
  const name = Spec?.Name ?? Name ?? Names?.[0]?.slice(1) ?? RepoTags?.[0] ?? 'unnamed';
  return `${place} ${kind} ${name}${id === undefined ? '' : ` ${id.replace(/^sha256:/, '').slice(0, 12)}`}`;
}

/** What came and what went between two lists. */
export function compareObjects(
  before: readonly string[],
  after: readonly string[],
): { readonly added: readonly string[]; readonly gone: readonly string[] } {
  return {
    added: after.filter((line) => !before.includes(line)),
    gone: before.filter((line) => !after.includes(line)),
  };
}

interface RawSpec {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> };
}

/** Keys in specifications whose value is another one each time the cluster is made anew. */
const VOLATILE = new Set([
  'SecretID',
  'ConfigID',
  'Target',
  'ForceUpdate',
  LABELS.revised,
  'com.docker.network.driver.overlay.vxlanid_list',
]);

function withoutVolatile(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => (VOLATILE.has(key) ? undefined : part));
}

/**
 * What a cluster consists of, without ids and times, and without the nodes that the swarm has chosen: two clusters that
 * were made alike have the same text.
 */
export async function describeClusterObjects(cluster: TestCluster): Promise<string> {
  const lines = cluster.platform === 'swarm' ? await describeStack(cluster) : await describeProject(cluster);
  return lines.toSorted().join('\n');
}

async function describeStack({ place, name }: TestCluster): Promise<readonly string[]> {
  const filters = { label: [`${LABELS.cluster}=${name}`] };
  const { api } = place.manager;
  const [services, secrets, configs, networks] = await Promise.all([
    api.get<readonly RawSpec[]>('/services', { query: { filters } }),
    api.get<readonly RawSpec[]>('/secrets', { query: { filters } }),
    api.get<readonly RawSpec[]>('/configs', { query: { filters } }),
    api.get<readonly RawNetwork[]>('/networks', { query: { filters } }),
  ]);
  const onNodes = await Promise.all(
    place.nodes.map(async (node) => {
      const [containers, { Volumes }] = await Promise.all([
        node.api.get<readonly RawListed[]>('/containers/json', { query: { filters } }),
        node.api.get<{ readonly Volumes: readonly { readonly Name: string }[] | null }>('/volumes', {
          query: { filters },
        }),
      ]);
      return {
        containers: containers.map(({ State, Labels }) => `container ${Labels[LABELS.role]} ${State}`),
        volumes: (Volumes ?? []).map((volume) => `volume ${volume.Name}`),
      };
    }),
  );
  return [
    ...services.map(({ Spec }) => `service ${withoutVolatile(Spec)}`),
    ...secrets.map(({ Spec }) => `secret ${JSON.stringify(Spec)}`),
    ...configs.map(({ Spec }) => `config ${Spec.Name}`),
    ...networks.map(({ Name, Labels, Options }) => `network ${Name} ${withoutVolatile([Labels, Options])}`),
    ...onNodes.flatMap(({ containers }) => containers),
    ...new Set(onNodes.flatMap(({ volumes }) => volumes)),
  ];
}

/** Compose's labels that tell how often a file was handed to it, and of whom a container took the place. */
const VOLATILE_LABELS =
  /^com\.docker\.compose\.(config-hash|replace|project\.(config_files|working_dir|environment_file))$/;

async function describeProject({ place, name }: TestCluster): Promise<readonly string[]> {
  const filters = { label: [`${LABELS.cluster}=${name}`] };
  const { api } = place.manager;
  const [containers, networks, { Volumes }] = await Promise.all([
    api.get<readonly RawListed[]>('/containers/json', { query: { all: true, filters } }),
    api.get<readonly RawNetwork[]>('/networks', { query: { filters } }),
    api.get<{ readonly Volumes: readonly RawNetwork[] | null }>('/volumes', { query: { filters } }),
  ]);
  const labels = (all: Readonly<Record<string, string>>): string =>
    Object.entries(all)
      .filter(([key]) => !VOLATILE_LABELS.test(key) && key !== LABELS.revision)
      .map((entry) => entry.join('='))
      .toSorted()
      .join(' ');
  return [
    ...containers.map(({ Names, State, Labels, Image, Mounts }) => {
      const mounts = Mounts.map(({ Type, Destination, RW }) => `${Type}:${Destination}:${RW}`).toSorted();
      return `container ${Names.join()} ${State} ${Image} ${mounts.join(' ')} ${labels(Labels)}`;
    }),
    ...networks.map(({ Name, Labels, Options }) => `network ${Name} ${JSON.stringify(Options)} ${labels(Labels)}`),
    // What is remembered is written anew, under another number.
    ...(Volumes ?? []).map(
      ({ Name, Labels }) => `volume ${Name.replace(/-memory-[0-9]+$/, '-memory')} ${labels(Labels)}`,
    ),
  ];
}

interface RawListed {
  readonly Names: readonly string[];
  readonly State: string;
  readonly Image: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mounts: readonly { readonly Type: string; readonly Destination: string; readonly RW: boolean }[];
}

interface RawNetwork {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Options: unknown;
}
