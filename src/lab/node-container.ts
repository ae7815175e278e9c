import { createHash } from 'node:crypto';

import { LAB_LABELS, labLabels, labObjectName, nodeHostname, nodeObjectName } from './lab-names.ts';
import { nodeAddress, type Subnet } from './lab-network.ts';

/**
 * How a node gets the rights an engine needs: docker's `--privileged`, or the exact capabilities, which work where a
 * kernel grants fewer than all (measured: without CAP_SYS_RESOURCE every privileged container fails to start).
 */
export type NodeWay = 'privileged' | 'capabilities';

/** Everything that decides what a node's container looks like. */
export interface NodeSpec {
  readonly lab: string;
  readonly node: number;
  readonly image: string;
  readonly way: NodeWay;
  readonly subnet: Subnet;
  /** MTU of the lab's network, bytes. */
  readonly mtu: number;
  /** Folder on this machine in which the node's engine puts its socket. */
  readonly socketFolder: string;
  /** Folder on this machine that all nodes share. */
  readonly dataFolder: string;
  /** Group that may use the socket. */
  readonly groupId: number;
  readonly modulesFolder: string | undefined;
}

/** Where every node has the folder of this machine that the nodes share. */
export const DATA_FOLDER_ON_NODE = '/srv/spark-data';

/** Folder in a node that is bound to its socket folder on this machine. */
const SOCKET_FOLDER_IN_NODE = '/run/node';

/**
 * What an engine with swarm and overlay networks needs, measured on a kernel that refuses `--privileged`
 * (shared design, lab.md §2).
 */
const CAPABILITIES = [
  'SYS_ADMIN',
  'NET_ADMIN',
  'NET_RAW',
  'SYS_PTRACE',
  'SYS_CHROOT',
  'MKNOD',
  'DAC_READ_SEARCH',
  'SYS_NICE',
  'SYS_BOOT',
  'SYSLOG',
  'IPC_LOCK',
  'LINUX_IMMUTABLE',
] as const;

/** Overlay networks of a lab's swarm get /24s out of this; the swarm keeps it for life. */
export const SWARM_ADDRESS_POOL = '10.210.0.0/16';

/**
 * Arguments of a node's dockerd. Its own bridges stay clear of the lab's 192.168.x and of the swarm's pool.
 * Log files are rolled, so that a container that talks cannot fill the disk.
 */
export function dockerdArguments({ mtu, groupId }: Pick<NodeSpec, 'mtu' | 'groupId'>): readonly string[] {
  return [
    `--group=${groupId}`,
    `--mtu=${mtu}`,
    `--default-network-opt=bridge=com.docker.network.driver.mtu=${mtu}`,
    '--bip=10.211.255.1/24',
    '--default-address-pool=base=10.211.0.0/17,size=24',
    '--log-opt=max-size=10m',
    '--log-opt=max-file=3',
  ];
}

/** Body of `POST /containers/create` for a node. */
export interface ContainerBody {
  readonly Image: string;
  readonly Hostname: string;
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkingConfig: Readonly<Record<string, unknown>>;
}

export function nodeContainer(spec: NodeSpec): ContainerBody {
  const { lab, node } = spec;
  const network = labObjectName(lab);
  const body = {
    Image: spec.image,
    Hostname: nodeHostname(lab, node),
    Cmd: dockerdArguments(spec),
    HostConfig: {
      // Without an init of docker's, dead containerd shims pile up (300 in an hour).
      Init: true,
      CgroupnsMode: 'private',
      NetworkMode: network,
      Mounts: mounts(spec),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
      ...rights(spec.way),
    },
    NetworkingConfig: {
      EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: nodeAddress(spec.subnet, node) } } },
    },
  };
  return {
    ...body,
    Labels: {
      ...labLabels(lab, node),
      [LAB_LABELS.way]: spec.way,
      [LAB_LABELS.config]: createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 12),
    },
  };
}

function mounts({ lab, node, way, socketFolder, dataFolder, modulesFolder }: NodeSpec): readonly unknown[] {
  return [
    // A volume: on the container's own overlay the inner engine would silently fall back to vfs.
    { Type: 'volume', Source: nodeObjectName(lab, node), Target: '/var/lib/docker' },
    // As a mount, not as "Binds": there the engine would make a missing folder itself, owned by root.
    { Type: 'bind', Source: socketFolder, Target: SOCKET_FOLDER_IN_NODE },
    // Private, the default: what is mounted below it later is not seen until the node starts again, but "rslave" is
    // refused wherever the machine's own mounts are private, as in a container or a CI runner.
    { Type: 'bind', Source: dataFolder, Target: DATA_FOLDER_ON_NODE },
    ...(way === 'privileged' && modulesFolder !== undefined
      ? [{ Type: 'bind', Source: modulesFolder, Target: modulesFolder, ReadOnly: true }]
      : []),
  ];
}

function rights(way: NodeWay): Readonly<Record<string, unknown>> {
  switch (way) {
    case 'privileged':
      return { Privileged: true };
    case 'capabilities':
      return {
        CapAdd: CAPABILITIES,
        SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
        // The command line's systempaths=unconfined.
        MaskedPaths: [],
        ReadonlyPaths: [],
        DeviceCgroupRules: ['a *:* rwm'],
      };
    default:
      return way satisfies never;
  }
}

/** How a step's detail names the way. */
export function formatWay(way: NodeWay): string {
  return way === 'privileged'
    ? 'privileged'
    : 'with single capabilities, because privileged containers do not start here';
}
