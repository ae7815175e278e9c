import { CONTAINER_PORTS, type ClusterSpec } from '../cluster/spec.ts';
import { ConfigError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { formatSize } from '../units.ts';
import type { ComposeDocument, ComposeService, ComposeVolumeMount } from './compose-document.ts';
import { publish, sparkService, type ServiceSurroundings } from './spark-service.ts';

/** Service, and key of the volume, that a notebook adds. */
const NOTEBOOK = 'notebook';
const NOTEBOOK_VOLUME = 'notebooks';
const NOTEBOOK_FOLDER = '/notebooks';

/** Service that a history server adds. No application needs it: it comes and goes without a question. */
export const HISTORY = 'history';

/** Volume in which records of jobs and Spark's event logs are kept. A file that has it nowhere gets it. */
const JOBS_VOLUME = 'jobs';
const JOBS_FOLDER = '/var/lib/spark/jobs';
const RECOVERY_FOLDER = '/var/lib/spark/recovery';

/** What a service says of itself in a network. */
const OF_THE_MASTER = new Set(['aliases', 'ipv4_address', 'ipv6_address', 'link_local_ips', 'mac_address']);

/**
 * The services that a cluster has beside those of the file: notebook and history server, as far as they are asked for.
 *
 * @param master the file's, with its own mounts and the one of {@link withJobsVolume}
 */
export function addedServices(
  master: ComposeService,
  spec: ClusterSpec,
  around: ServiceSurroundings,
): Readonly<Record<string, ComposeService>> {
  const { notebook, history } = spec;
  return {
    ...(notebook ? { [NOTEBOOK]: notebookService(master, spec, { ...around, ...notebook }) } : {}),
    ...(history ? { [HISTORY]: historyService(master, spec, { ...around, ...history }) } : {}),
  };
}

/** The mounts of the master, and where records of jobs are kept, if the file names no place. */
export function withJobsVolume(mounts: readonly ComposeVolumeMount[] | undefined): readonly ComposeVolumeMount[] {
  if (hasJobsFolder(mounts)) return mounts ?? [];
  return [...(mounts ?? []), { type: 'volume', source: JOBS_VOLUME, target: JOBS_FOLDER }];
}

function hasJobsFolder(mounts: readonly ComposeVolumeMount[] | undefined): boolean {
  return mounts?.some(({ target }) => target === JOBS_FOLDER || target === `${JOBS_FOLDER}/`) ?? false;
}

/** The volumes that the services use: those of the file, and those of notebooks and jobs. */
export function resolveVolumes(
  document: ComposeDocument,
  services: Readonly<Record<string, ComposeService>>,
  { name }: Pick<ClusterSpec, 'name'>,
): NonNullable<ComposeDocument['volumes']> {
  const used = new Set(Object.values(services).flatMap(({ volumes }) => volumes?.map(({ source }) => source) ?? []));
  const declared: NonNullable<ComposeDocument['volumes']> = {
    [JOBS_VOLUME]: { labels: { [LABELS.role]: JOBS_VOLUME } },
    ...document.volumes,
    [NOTEBOOK_VOLUME]: { labels: { [LABELS.role]: NOTEBOOK_VOLUME } },
  };
  return Object.fromEntries(
    Object.entries(declared)
      .filter(([key]) => used.has(key))
      .map(([key, volume]) => [
        key,
        volume?.external ? volume : { ...volume, labels: { ...volume?.labels, [LABELS.cluster]: name } },
      ]),
  );
}

/**
 * @param master of the file, with its own mounts only
 * @throws ConfigError if the file has what a wish, or what every cluster has, would put there
 */
export function assertAddedIsFree(
  { services, volumes }: ComposeDocument,
  master: ComposeService | undefined,
  { notebook, history }: Pick<ClusterSpec, 'notebook' | 'history'>,
): void {
  const taken = (kind: 'services' | 'volumes', name: string, flag: string): readonly string[] =>
    Object.hasOwn((kind === 'services' ? services : volumes) ?? {}, name)
      ? [
          `${kind}: ${name} is the name of the ${kind === 'services' ? 'service' : 'volume'} that ${flag} adds; rename it`,
        ]
      : [];
  const problems = [
    ...(notebook
      ? [...taken('services', NOTEBOOK, '--notebook'), ...taken('volumes', NOTEBOOK_VOLUME, '--notebook')]
      : []),
    ...(history ? taken('services', HISTORY, '--history') : []),
    ...(isOtherVolume(volumes) && !hasJobsFolder(master?.volumes)
      ? [
          `volumes: ${JOBS_VOLUME} is the name of the volume that records of jobs are kept in; rename it, or mount it at ${JOBS_FOLDER} of the master`,
        ]
      : []),
  ];
  if (problems.length > 0) throw new ConfigError('The compose file', problems);
}

/** What is called as ours and has not our label: who knows what is in it. */
function isOtherVolume(volumes: ComposeDocument['volumes']): boolean {
  if (!volumes || !Object.hasOwn(volumes, JOBS_VOLUME)) return false;
  return volumes[JOBS_VOLUME]?.labels?.[LABELS.role] !== JOBS_VOLUME;
}

/** JupyterLab as the master is run: same network, same hardening, same data; and a folder of its own for notebooks. */
function notebookService(master: ComposeService, spec: ClusterSpec, around: Beside): ComposeService {
  const service: ComposeService = {
    ...likeMaster(master),
    command: ['notebook'],
    volumes: [...mountsBeside(master), { type: 'volume', source: NOTEBOOK_VOLUME, target: NOTEBOOK_FOLDER }],
    ports: publish(CONTAINER_PORTS.jupyter, spec.ports.jupyter),
  };
  return limited(sparkService(service, 'notebook', spec, around), spec, around);
}

/** Spark's history server: it reads the event logs that drivers have left in the volume of jobs. */
function historyService(master: ComposeService, spec: ClusterSpec, around: Beside): ComposeService {
  const service: ComposeService = {
    ...likeMaster(master),
    command: ['history'],
    volumes: mountsBeside(master),
    ports: publish(CONTAINER_PORTS.history, spec.ports.history),
  };
  return limited(sparkService(service, 'history', spec, around), spec, around);
}

type Beside = ServiceSurroundings & { readonly limitBytes: number };

/** Without what makes a container the master: its names, for workers would take it for theirs, its address, and its health. */
function likeMaster(master: ComposeService): ComposeService {
  const {
    extra_hosts: _,
    ports: __,
    hostname: ___,
    container_name: ____,
    healthcheck: _____,
    mac_address: ______,
    networks,
    ...like
  } = master;
  return networks ? { ...like, networks: Object.fromEntries(Object.entries(networks).map(withoutNames)) } : like;
}

function withoutNames([network, options]: readonly [string, unknown]): readonly [string, unknown] {
  if (typeof options !== 'object' || options === null) return [network, options];
  return [network, Object.fromEntries(Object.entries(options).filter(([key]) => !OF_THE_MASTER.has(key)))];
}

function mountsBeside(master: ComposeService): readonly ComposeVolumeMount[] {
  return (master.volumes ?? []).filter(({ target }) => target !== RECOVERY_FOLDER);
}

function limited(service: ComposeService, spec: ClusterSpec, { limitBytes }: Beside): ComposeService {
  const memory = formatSize(limitBytes);
  return {
    ...service,
    deploy: {
      ...service.deploy,
      replicas: 1,
      resources: { limits: { cpus: String(spec.master.limitCores), memory }, reservations: { memory } },
    },
  };
}
