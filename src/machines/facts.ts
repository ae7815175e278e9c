import type { ToolkitError } from '../errors.ts';
import type { OsRelease } from '../setup/setup-host.ts';

/** What one machine said of itself. One that could not be entered has a failure instead. */
export interface MachineReading {
  /** `Machine.name`. */
  readonly name: string;
  /** `Machine.shell.host`: `root@10.0.0.4`. */
  readonly place: string;
  readonly system: SystemFacts | undefined;
  /** Why `system` is not there. */
  readonly failure: ToolkitError | undefined;
  readonly engine: EngineFacts | undefined;
  /** Why `engine` is not there. */
  readonly engineFailure: ToolkitError | undefined;
  readonly clock: ClockReading | undefined;
}

/** The machine's clock minus ours is between these two, in milliseconds: a question takes its time to get there. */
export interface ClockReading {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** `unknown` where a machine does not let it be seen without trying. */
export type Presence = 'yes' | 'no' | 'unknown';

/** What `docker/machine/facts.sh` saw. */
export interface SystemFacts {
  readonly os: OsRelease;
  readonly kernel: string;
  /** As `uname -m` says it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly hostname: string;
  readonly machineId: string;
  /** One running kernel and one network in it: no two machines share it, clones and containers neither. */
  readonly hostId: string | undefined;
  /** Who logs in. */
  readonly user: string;
  readonly isRoot: boolean;
  /** Root, or `sudo -n` works. */
  readonly canBeRoot: boolean;
  /** Why `sudo -n` does not: its own words, or that it is not installed. */
  readonly sudoRefusal: string | undefined;
  readonly docker: DockerFacts;
  readonly disk: DiskFacts | undefined;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number } | undefined;
  readonly addresses: readonly InterfaceAddress[];
  readonly defaultInterface: { readonly name: string; readonly mtu: number | undefined } | undefined;
  /** The machine's own address that the ssh connection came in on. */
  readonly connectedTo: string | undefined;
  readonly listeners: readonly Listener[];
  /** `ufw`, `firewalld`, or a rule: `iptables -P INPUT DROP`. Empty also where only root may look. */
  readonly firewalls: readonly string[];
  readonly vxlan: Presence;
  readonly ipvs: Presence;
}

/** Docker as the user who logs in sees it, past our own connection to the engine. */
export interface DockerFacts {
  /** What `docker --version` says; undefined: no such program. Podman's stand-in says `podman version …`. */
  readonly cli: string | undefined;
  /** What `dockerd --version` says. */
  readonly dockerd: string | undefined;
  /** systemd's word for it: `active inactive failed …`. */
  readonly service: string | undefined;
  readonly socket: 'writable' | 'present' | undefined;
  /** Version of the engine that answers this user. */
  readonly answer: string | undefined;
  /** Why it does not answer: docker's own words. */
  readonly error: string | undefined;
}

export interface DiskFacts {
  /** Where the engine keeps its data; the free room is that of the nearest folder that is there. */
  readonly folder: string;
  readonly freeBytes: number;
}

export interface InterfaceAddress {
  readonly interface: string | undefined;
  readonly address: string;
  /** Bits of the network's part. */
  readonly prefix: number | undefined;
  readonly mtu: number | undefined;
}

/** Somebody who has one of the swarm's ports. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Undefined for the kernel's own, and where only root may look. */
  readonly program: string | undefined;
}

/** What an engine says of itself: `GET /version` and `GET /info`. */
export interface EngineFacts {
  readonly version: string;
  /** Newest that it speaks: `1.41`. */
  readonly apiVersion: string;
  readonly id: string;
  /** The machine's name, which becomes the node's. */
  readonly name: string;
  readonly operatingSystem: string;
  readonly osType: string;
  readonly architecture: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly storageDriver: string;
  readonly rootFolder: string;
  /** `key=value`. */
  readonly labels: readonly string[];
  readonly isLiveRestore: boolean;
  readonly isRootless: boolean;
  readonly swarm: EngineSwarm;
}

export interface EngineSwarm {
  /** Docker's word: `inactive pending active error locked`. */
  readonly state: string;
  /** Empty outside a swarm. */
  readonly nodeId: string;
  readonly nodeAddress: string;
  readonly isManager: boolean;
  /** Only a manager knows it. */
  readonly clusterId: string | undefined;
  readonly remoteManagers: readonly { readonly nodeId: string; readonly address: string }[];
  readonly error: string;
}
