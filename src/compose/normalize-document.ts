import type { ComposeDocument, ComposeService, ComposeVolume, ComposeVolumeMount, Labels } from './compose-document.ts';

/** The newest schema that a docker command line 20.10 knows; it refuses a file that names none. */
const OLDEST_SCHEMA = '3.9';

type RawMapping = Readonly<Record<string, string | null>> | readonly string[] | undefined;

interface RawService {
  readonly labels?: RawMapping;
  readonly environment?: RawMapping;
  readonly deploy?: { readonly labels?: RawMapping };
  readonly networks?: Readonly<Record<string, unknown>> | readonly string[];
  readonly volumes?: readonly (ComposeVolumeMount | string)[];
}

interface RawDocument {
  readonly services?: Readonly<Record<string, RawService>>;
  readonly volumes?: Readonly<
    Record<string, (Omit<ComposeVolume, 'labels'> & { readonly labels?: RawMapping }) | null>
  >;
}

/** A file as its author wrote it, in the one form that {@link ComposeDocument} has: mappings instead of `key=value` lists. */
export function normalizeDocument(raw: unknown): ComposeDocument {
  const { services, volumes, ...others } = raw as RawDocument;
  return {
    ...others,
    version: OLDEST_SCHEMA,
    services: Object.fromEntries(
      Object.entries(services ?? {}).map(([name, service]) => [name, normalizeService(service)]),
    ),
    ...(volumes ? { volumes: normalizeVolumes(volumes) } : {}),
  };
}

function normalizeVolumes(volumes: NonNullable<RawDocument['volumes']>): NonNullable<ComposeDocument['volumes']> {
  return Object.fromEntries(
    Object.entries(volumes).map(([name, volume]) => [
      name,
      volume?.labels ? { ...volume, labels: toMapping(volume.labels) as Labels } : (volume as ComposeVolume | null),
    ]),
  );
}

function normalizeService(service: RawService): ComposeService {
  const { deploy, networks, volumes, ...others } = service;
  return {
    ...others,
    ...(networks ? { networks: toNetworks(networks) } : {}),
    ...(volumes ? { volumes: volumes.map(toMount) } : {}),
    labels: toMapping(service.labels) as Labels,
    environment: toMapping(service.environment),
    deploy: { ...deploy, labels: toMapping(deploy?.labels) as Labels },
  };
}

/** `['A=1', 'B']` is `{A: '1', B: null}`: a name alone takes its value from the environment. */
function toMapping(raw: RawMapping): Readonly<Record<string, string | null>> {
  if (!Array.isArray(raw)) return (raw as Exclude<RawMapping, readonly string[]>) ?? {};
  return Object.fromEntries(
    (raw as readonly string[]).map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function toNetworks(raw: NonNullable<RawService['networks']>): Readonly<Record<string, unknown>> {
  if (!Array.isArray(raw)) return raw as Exclude<typeof raw, readonly string[]>;
  return Object.fromEntries((raw as readonly string[]).map((name) => [name, null]));
}

/** `source:target:ro`. One with a variable, or with options of its own, is left for Docker to read. */
function toMount(raw: ComposeVolumeMount | string): ComposeVolumeMount {
  if (typeof raw !== 'string') return raw;
  const match = /^(?:([^:$]+):)?([^:$]+?)(?::(ro|rw))?$/.exec(raw);
  if (!match?.[2]?.startsWith('/')) return raw as unknown as ComposeVolumeMount;
  const [, source, target, mode] = match;
  return {
    type: source !== undefined && /^[./~]/.test(source) ? 'bind' : 'volume',
    ...(source === undefined ? {} : { source }),
    target,
    ...(mode === 'ro' ? { read_only: true } : {}),
  };
}
