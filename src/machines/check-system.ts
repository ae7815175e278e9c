import type { Finding } from '../doctor/finding.ts';
import { formatBytes, formatSize } from '../units.ts';
import type { Listener, MachineReading, SystemFacts } from './facts.ts';
import { machineError, machineWarning } from './machine-problems.ts';

export interface SystemWish {
  /** Size of the image that is to go there, bytes; `undefined` if not known. */
  readonly imageBytes?: number | undefined;
  /** Somebody wants service addresses or published ports of the whole swarm, which need IPVS. */
  readonly usesVip?: boolean;
}

/** While an image is unpacked, its archive and its layers are there at the same time, and logs and results need room. */
const IMAGE_FACTOR = 2.2;
/** For an image whose size is not known: ours have 0.8 GB. */
const DEFAULT_DISK_BYTES = 2e9;
/** Below it an engine in a swarm does not live long. */
const LEAST_MEMORY_BYTES = 512 * 1024 ** 2;
/** The smallest worker (docs/sizes.md), and 256 MiB for the system. */
const WORKER_MEMORY_BYTES = (1280 + 256) * 1024 ** 2;
/** What a firmware and a kernel keep of the memory that a machine was given. */
const KEPT_FRACTION = 0.06;
/** What IPv6 needs everywhere; below it, few programs have been tried. */
const LEAST_MTU = 1280;

/**
 * Whether one machine has what a node needs, apart from its engine.
 *
 * @param isMember it is in the swarm already: then little room is no reason to stop
 * @param mtu of the interface that the others reach it by
 */
export function checkSystem(
  { name, system, engine }: MachineReading,
  { imageBytes, usesVip = false }: SystemWish,
  { isMember, mtu }: { readonly isMember: boolean; readonly mtu: number | undefined },
): readonly Finding[] {
  if (!system) return [];
  const room = isMember ? machineWarning : machineError;
  return [
    ...checkDisk(name, system, imageBytes, room),
    ...checkMemory(name, system.memory?.totalBytes ?? engine?.memoryBytes, room),
    // Of a swarm that it is in, its own engine has them.
    ...(engine && engine.swarm.state !== 'inactive' ? [] : checkPorts(name, system, engine !== undefined)),
    ...checkKernel(name, system, usesVip),
    ...checkMtu(name, mtu),
    ...checkHostname(name, system.hostname),
  ];
}

function checkDisk(
  subject: string,
  { disk }: SystemFacts,
  imageBytes: number | undefined,
  report: typeof machineError,
): readonly Finding[] {
  if (!disk) return [];
  const wanted = imageBytes === undefined ? DEFAULT_DISK_BYTES : imageBytes * IMAGE_FACTOR;
  if (disk.freeBytes >= wanted) return [];
  const why = imageBytes === undefined ? '' : `, ${IMAGE_FACTOR} times the image of ${formatBytes(imageBytes)}`;
  return [
    report('SS-M15', {
      subject,
      problem: 'its disk has too little room for the image',
      proof: `${formatBytes(disk.freeBytes)} free in ${disk.folder}; ${formatBytes(wanted)} are needed${why}`,
      fix: 'there: docker system df shows what can go, docker image prune takes unused images away; or a larger disk',
    }),
  ];
}

function checkMemory(subject: string, totalBytes: number | undefined, report: typeof machineError): readonly Finding[] {
  if (!totalBytes || totalBytes >= WORKER_MEMORY_BYTES * (1 - KEPT_FRACTION)) return [];
  const proof = `it has ${formatSize(totalBytes)} of memory`;
  const fix = 'give it more memory';
  if (totalBytes < LEAST_MEMORY_BYTES * (1 - KEPT_FRACTION)) {
    const problem = `it has too little memory for a node: ${formatSize(LEAST_MEMORY_BYTES)} are needed`;
    return [report('SS-M16', { subject, problem, proof, fix })];
  }
  const problem = `no Spark worker fits on it: the smallest needs a machine of ${formatSize(WORKER_MEMORY_BYTES)}`;
  return [machineWarning('SS-M16', { subject, problem, proof, fix: `${fix}, or let it be a drained manager` })];
}

/** @param answers its engine does, and is in no swarm */
function checkPorts(subject: string, { listeners }: SystemFacts, answers: boolean): readonly Finding[] {
  return listeners.map((listener) =>
    answers && listener.program === 'dockerd' ? keptPort(subject, listener) : takenPort(subject, listener),
  );
}

/** Its farewell to the other nodes took longer than a second. Source: libnetwork, NetworkDB.clusterLeave. */
function keptPort(subject: string, { protocol, port }: Listener): Finding {
  return machineError('SS-M17', {
    subject,
    problem: `its engine has left a swarm and keeps the port ${port}/${protocol}`,
    proof: `${protocol} port ${port} is open there by dockerd, which is in no swarm`,
    fix: 'there: sudo systemctl restart docker, which also stops the containers there',
  });
}

function takenPort(subject: string, { protocol, port, program }: Listener): Finding {
  return machineError('SS-M17', {
    subject,
    problem: `the swarm's port ${port}/${protocol} is taken by ${program ?? 'another program'}`,
    proof: `${protocol} port ${port} is open there${program === undefined ? '; only root sees by whom, and the kernel itself has no name' : ''}`,
    fix:
      program === undefined
        ? `there: sudo ss -lnp 'sport = :${port}' shows who has it${protocol === 'udp' ? '; ip -d link show type vxlan too' : ''}`
        : `end ${program} there, or move it to another port`,
  });
}

function checkKernel(subject: string, { vxlan, ipvs, kernel }: SystemFacts, usesVip: boolean): readonly Finding[] {
  return [
    ...(vxlan === 'no'
      ? [
          machineError('SS-M21', {
            subject,
            problem: 'its kernel has no VXLAN, of which overlay networks are made',
            proof: `kernel ${kernel}: no module vxlan, and none built in`,
            fix: "install the full kernel there: linux-modules-extra-$(uname -r) on Ubuntu, the system's standard kernel else",
          }),
        ]
      : []),
    ...(ipvs === 'no' && usesVip
      ? [
          machineWarning('SS-M22', {
            subject,
            problem: 'its kernel has no IPVS: service addresses and ports of the whole swarm do not work on it',
            proof: `kernel ${kernel}: no module ip_vs, and none built in`,
            fix: 'nothing for our clusters, which do without; else another kernel',
          }),
        ]
      : []),
  ];
}

function checkMtu(subject: string, mtu: number | undefined): readonly Finding[] {
  if (mtu === undefined || mtu >= LEAST_MTU) return [];
  return [
    machineWarning('SS-M20', {
      subject,
      problem: `its network carries packets of ${mtu} bytes only; an overlay takes 50 of them`,
      proof: `MTU ${mtu} on the interface that the others reach it by; ${LEAST_MTU} is what IPv6 needs`,
      fix: 'ip link set dev INTERFACE mtu 1500 there, if the network carries that; or another --advertise-addr',
    }),
  ];
}

/** Source: RFC 1123 §2.1; Spark refuses `_` in the host of a master's address. */
function checkHostname(subject: string, hostname: string): readonly Finding[] {
  const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
  const isRight = hostname.length <= 253 && hostname.split('.').every((part) => label.test(part));
  const isOwn = !/^localhost(?:\.|$)/i.test(hostname);
  if (isRight && isOwn) return [];
  return [
    machineError('SS-M23', {
      subject,
      problem: !isOwn
        ? 'its host name means every machine itself'
        : hostname.includes('_')
          ? 'its host name has a _, which Spark refuses'
          : 'its host name is none',
      proof: `hostname: ${JSON.stringify(hostname)}`,
      fix: 'as root there: hostnamectl set-hostname NAME, of letters, digits and dashes; then systemctl restart docker',
    }),
  ];
}
