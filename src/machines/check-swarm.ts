import type { Finding } from '../doctor/finding.ts';
import type { EngineSwarm, MachineReading } from './facts.ts';
import { isSameIp } from './ip-network.ts';
import { machineError } from './machine-problems.ts';

/** The swarm that the machines shall be part of, where it is there already. */
export interface PresentSwarm {
  readonly clusterId: string | undefined;
  /** Without port. */
  readonly managerAddresses: readonly string[];
  readonly members: readonly {
    readonly id: string;
    readonly hostname: string;
    /** Docker's word; the name of one that is `down` is free, because a machine may have been replaced. */
    readonly state: string;
    /** The machine, by its label, where it is another than those of the wish: it may be starting again. */
    readonly machine?: string | undefined;
  }[];
}

export interface SwarmWishFacts {
  /** Its name. */
  readonly swarm: string;
  /** How many managers there shall be. */
  readonly managers: number;
  readonly present?: PresentSwarm | undefined;
  /** What has the swarm's name already: `the docker context "spark-demo", which is not ours`. */
  readonly nameTakenBy?: string | undefined;
}

/** Whether the wish makes sense, and whether a machine is somebody else's already. */
export function checkSwarm(wish: SwarmWishFacts, readings: readonly MachineReading[]): readonly Finding[] {
  return [
    ...checkManagers(wish, readings),
    ...checkName(wish),
    ...readings.flatMap((reading) => [...checkOtherSwarm(reading, wish), ...checkNodeName(reading, wish)]),
  ];
}

/** Whether a machine is a node of the swarm that is there, or was about to become one. */
export function isMember({ engine }: MachineReading, present: PresentSwarm | undefined): boolean {
  if (!engine || !present || engine.swarm.state === 'inactive') return false;
  const { nodeId, clusterId, remoteManagers } = engine.swarm;
  return (
    present.members.some(({ id }) => id === nodeId) ||
    (clusterId !== undefined && clusterId === present.clusterId) ||
    remoteManagers.some((manager) =>
      present.managerAddresses.some((address) => isSameIp(hostOf(manager.address), address)),
    )
  );
}

/** Of these machines, those that are in the swarm. */
export function memberNames(readings: readonly MachineReading[], present: PresentSwarm | undefined): readonly string[] {
  return readings.filter((reading) => isMember(reading, present)).map(({ name }) => name);
}

function checkManagers(
  { swarm, managers, present }: SwarmWishFacts,
  readings: readonly MachineReading[],
): readonly Finding[] {
  const subject = `swarm "${swarm}"`;
  // A swarm may have them from before; only the wish is judged.
  const newcomers = readings.filter(
    ({ engine }) => !present?.members.some(({ id }) => id === engine?.swarm.nodeId),
  ).length;
  const machines = newcomers + (present?.members.length ?? 0);
  if (managers === 2) {
    return [
      machineError('SS-M30', {
        subject,
        problem: 'two managers are worse than one: when either of them is lost, nothing can be changed any more',
        proof: '2 managers need 2 for a majority; 1 needs 1, 3 need 2, 5 need 3',
        fix: '--managers 1, or --managers 3',
      }),
    ];
  }
  if (managers <= machines) return [];
  return [
    machineError('SS-M31', {
      subject,
      problem: `${managers} managers need as many machines`,
      proof: `${machines} ${machines === 1 ? 'machine' : 'machines'}`,
      fix: `--managers ${machines >= 5 ? 5 : machines >= 3 ? 3 : 1}, or more machines`,
    }),
  ];
}

function checkName({ swarm, nameTakenBy }: SwarmWishFacts): readonly Finding[] {
  if (nameTakenBy === undefined) return [];
  return [
    machineError('SS-M32', {
      subject: `swarm "${swarm}"`,
      problem: 'its name is taken',
      proof: nameTakenBy,
      fix: '--name with another name',
    }),
  ];
}

/** Said, and never forced: leaving a swarm ends whatever runs there for it. */
function checkOtherSwarm(reading: MachineReading, { present }: SwarmWishFacts): readonly Finding[] {
  const { name, engine } = reading;
  if (!engine || engine.swarm.state === 'inactive' || isMember(reading, present)) return [];
  const { swarm } = engine;
  // A join that was interrupted: no swarm has given it an identity, so none loses it.
  if (swarm.nodeId === '' && ['pending', 'error'].includes(swarm.state)) return [];
  return [
    machineError('SS-M27', {
      subject: name,
      problem: `it is in ${present ? 'another' : 'a'} swarm already`,
      proof: describeSwarm(swarm),
      fix: `where "spark-swarm swarm status" shows that swarm: spark-swarm swarm leave ${engine.name}; only if nobody needs it any more, on ${name}: docker swarm leave${swarm.isManager ? ' --force' : ''}; then run the same command again`,
    }),
  ];
}

function describeSwarm({ state, nodeId, isManager, clusterId, remoteManagers, error }: EngineSwarm): string {
  const managers = remoteManagers.map(({ address }) => address).join(', ');
  return [
    `docker info: Swarm: ${state}`,
    ...(nodeId === '' ? [] : [`node ${nodeId}${isManager ? ', a manager' : ''}`]),
    ...(clusterId === undefined ? [] : [`swarm ${clusterId}`]),
    ...(managers === '' ? [] : [`managers ${managers}`]),
    ...(error === '' ? [] : [error]),
  ].join('; ');
}

function checkNodeName(reading: MachineReading, { present }: SwarmWishFacts): readonly Finding[] {
  const { name, system, engine } = reading;
  const hostname = system?.hostname ?? engine?.name;
  if (!present || hostname === undefined) return [];
  const other = present.members.find(
    (member) =>
      member.hostname.toLowerCase() === hostname.toLowerCase() &&
      member.id !== engine?.swarm.nodeId &&
      (member.state !== 'down' || member.machine !== undefined),
  );
  if (!other || isMember(reading, present)) return [];
  return [
    machineError('SS-M28', {
      subject: name,
      problem: 'a node of the swarm has its host name already',
      proof: `hostname ${hostname}; node ${other.id} of that name${other.machine === undefined ? '' : ` (${other.machine})`} is ${other.state}`,
      fix: `as root there: hostnamectl set-hostname NAME, then systemctl restart docker${other.state === 'down' ? `; if the other is lost: spark-swarm swarm leave ${other.id}` : ''}`,
    }),
  ];
}

/** Host of `10.0.0.4:2377` or `[fd00::4]:2377`. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
