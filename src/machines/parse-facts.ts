import { InvalidStateError } from '../errors.ts';
import { parseOsRelease } from '../setup/setup-host.ts';
import type {
  DiskFacts,
  DockerFacts,
  EngineFacts,
  InterfaceAddress,
  Listener,
  Presence,
  SystemFacts,
} from './facts.ts';

const BYTES_PER_KIB = 1024;

/**
 * Reads the answer of `docker/machine/facts.sh`. What a machine could not say is empty, `undefined` or `unknown`.
 *
 * Shape: lines `key=value`; some keys come several times (`address`, `listen`, `firewall`); `os:KEY=value` is a line of
 * /etc/os-release; the last line is `end=1`.
 *
 * @throws InvalidStateError if the answer is cut off
 */
export function parseSystemFacts(text: string, place: string): SystemFacts {
  const values = readLines(text);
  if (!values.has('end')) {
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    throw new InvalidStateError(
      `Cannot see what ${place} is: its answer ends with ${last === '' ? 'nothing' : JSON.stringify(last)}`,
      { hint: 'run the same command again; is its shell a POSIX one?' },
    );
  }
  const all = (key: string): readonly string[] => values.get(key) ?? [];
  const one = (key: string): string | undefined => all(key).at(-1);
  const isRoot = one('uid') === '0';
  return {
    os: parseOsRelease(
      text
        .split('\n')
        .filter((line) => line.startsWith('os:'))
        .map((line) => line.slice(3))
        .join('\n'),
    ),
    kernel: one('kernel') ?? '',
    architecture: one('architecture') ?? '',
    hostname: one('hostname') ?? '',
    machineId: one('machine-id') ?? '',
    hostId: parseHostId(one('host-id')),
    user: one('user') ?? one('uid') ?? '',
    isRoot,
    canBeRoot: isRoot || one('sudo') === 'yes',
    sudoRefusal: parseSudo(one('sudo'), one('sudo-error')),
    docker: parseDocker(one, all('docker-socket')),
    disk: parseDisk(one('disk-folder'), one('disk-free-kb')),
    memory: parseMemory(one('memory-total-kb'), one('memory-free-kb')),
    addresses: all('address').flatMap(parseAddress),
    defaultInterface: parseDefaultInterface(one('default-route')),
    connectedTo: one('connected-to'),
    listeners: all('listen').flatMap(parseListener),
    firewalls: all('firewall'),
    vxlan: parsePresence(one('vxlan')),
    ipvs: parsePresence(one('ip_vs')),
  };
}

/**
 * The machine's clock as a line of the answer says it.
 * Shape: `clock=1795238910.781661052`; without the fraction, or with a literal `%N`, where `date` knows no nanoseconds.
 *
 * @returns milliseconds since 1970, and how much later it may be; `undefined` for any other line
 */
export function parseClock(line: string): { readonly ms: number; readonly precisionMs: number } | undefined {
  const match = /^clock=([0-9]{9,11})(?:\.([0-9]{1,9}))?/.exec(line);
  if (!match?.[1]) return undefined;
  return match[2] === undefined
    ? { ms: Number(match[1]) * 1000, precisionMs: 1000 }
    : { ms: Number(`${match[1]}.${match[2]}`) * 1000, precisionMs: 0 };
}

function readLines(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^([a-z_-]+)=(.*)$/.exec(line);
    if (!match?.[1] || match[2] === undefined || match[2].trim() === '') continue;
    values.set(match[1], [...(values.get(match[1]) ?? []), match[2].trim()]);
  }
  return values;
}

/** Both halves must be there to tell two machines apart. */
function parseHostId(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f-]{36}\/net:\[\d+\]$/.test(text) ? text : undefined;
}

function parseSudo(sudo: string | undefined, error: string | undefined): string | undefined {
  if (sudo === 'missing') return 'sudo is not installed';
  return sudo === 'no' ? (error ?? 'sudo refuses') : undefined;
}

function parseDocker(one: (key: string) => string | undefined, socket: readonly string[]): DockerFacts {
  return {
    cli: one('docker-cli'),
    dockerd: one('dockerd'),
    service: one('docker-service'),
    socket: socket.includes('writable') ? 'writable' : socket.includes('present') ? 'present' : undefined,
    answer: one('docker-answer'),
    error: one('docker-error'),
  };
}

function parseDisk(folder: string | undefined, freeKib: string | undefined): DiskFacts | undefined {
  const freeBytes = kibToBytes(freeKib);
  return folder === undefined || freeBytes === undefined ? undefined : { folder, freeBytes };
}

function parseMemory(total: string | undefined, free: string | undefined): SystemFacts['memory'] {
  const totalBytes = kibToBytes(total);
  return totalBytes === undefined ? undefined : { totalBytes, freeBytes: kibToBytes(free) ?? totalBytes };
}

function kibToBytes(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) * BYTES_PER_KIB : undefined;
}

/** Shape: `eth0 10.0.0.4/24 1500`; `- 10.0.0.4` where the interface is not known. */
function parseAddress(text: string): readonly InterfaceAddress[] {
  const [name = '-', cidr = '', mtu] = text.split(/\s+/);
  const [address = '', prefix] = cidr.split('/');
  if (address === '') return [];
  return [{ interface: name === '-' ? undefined : name, address, prefix: parseNumber(prefix), mtu: parseNumber(mtu) }];
}

function parseDefaultInterface(text: string | undefined): SystemFacts['defaultInterface'] {
  const [name, mtu] = (text ?? '').split(/\s+/);
  return name ? { name, mtu: parseNumber(mtu) } : undefined;
}

/** Shape: `tcp 2377 dockerd`, `udp 4789`. */
function parseListener(text: string): readonly Listener[] {
  const [protocol, port, ...program] = text.split(/\s+/);
  const number = parseNumber(port);
  if ((protocol !== 'tcp' && protocol !== 'udp') || number === undefined) return [];
  return [{ protocol, port: number, program: program.join(' ') || undefined }];
}

function parsePresence(text: string | undefined): Presence {
  return text === 'yes' || text === 'no' ? text : 'unknown';
}

function parseNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

/** `GET /version`, as far as it is used. */
export interface VersionAnswer {
  readonly Version: string;
  readonly ApiVersion: string;
}

/** `GET /info`, as far as it is used. Source: Engine API 1.41 and 1.45; every list may be null. */
export interface InfoAnswer {
  readonly ID?: string;
  readonly Name?: string;
  readonly OperatingSystem?: string;
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  readonly Driver?: string;
  readonly DockerRootDir?: string;
  readonly Labels?: readonly string[] | null;
  readonly LiveRestoreEnabled?: boolean;
  readonly SecurityOptions?: readonly string[] | null;
  readonly SystemTime?: string;
  readonly Swarm?: {
    readonly NodeID?: string;
    readonly NodeAddr?: string;
    readonly LocalNodeState?: string;
    readonly ControlAvailable?: boolean;
    readonly Error?: string;
    readonly RemoteManagers?: readonly { readonly NodeID: string; readonly Addr: string }[] | null;
    readonly Cluster?: { readonly ID?: string } | null;
  };
}

export function parseEngineFacts(version: VersionAnswer, info: InfoAnswer): EngineFacts {
  const { Swarm: swarm } = info;
  return {
    version: version.Version,
    apiVersion: version.ApiVersion,
    id: info.ID ?? '',
    name: info.Name ?? '',
    operatingSystem: info.OperatingSystem ?? '',
    osType: info.OSType ?? 'linux',
    architecture: info.Architecture ?? '',
    cores: info.NCPU ?? 0,
    memoryBytes: info.MemTotal ?? 0,
    storageDriver: info.Driver ?? '',
    rootFolder: info.DockerRootDir ?? '/var/lib/docker',
    labels: info.Labels ?? [],
    isLiveRestore: info.LiveRestoreEnabled ?? false,
    isRootless: (info.SecurityOptions ?? []).some((option) => option === 'name=rootless'),
    swarm: {
      state: swarm?.LocalNodeState || 'inactive',
      nodeId: swarm?.NodeID ?? '',
      nodeAddress: swarm?.NodeAddr ?? '',
      isManager: swarm?.ControlAvailable ?? false,
      clusterId: swarm?.Cluster?.ID || undefined,
      remoteManagers: (swarm?.RemoteManagers ?? []).map(({ NodeID, Addr }) => ({ nodeId: NodeID, address: Addr })),
      error: swarm?.Error ?? '',
    },
  };
}
