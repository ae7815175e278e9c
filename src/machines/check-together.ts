import type { Finding } from '../doctor/finding.ts';
import { formatDuration } from '../units.ts';
import type { AddressChoice } from './choose-address.ts';
import { compareClocks } from './clock.ts';
import type { MachineReading } from './facts.ts';
import { machineError, machineWarning } from './machine-problems.ts';

/** From here on logs of different machines cannot be read together, and tokens look expired. */
const SKEW_WARNING_MS = 2000;
/** From here on certificates of a new swarm are not valid yet for a node, and Spark's own timeouts are wrong. */
const SKEW_ERROR_MS = 10_000;

/** What machines must have in common, and what each must have for itself. */
export function checkTogether(
  readings: readonly MachineReading[],
  addresses: readonly AddressChoice[],
): readonly Finding[] {
  return [
    ...checkIdentity(readings, addresses),
    ...checkArchitecture(readings),
    ...checkClocks(readings),
    ...checkMtus(addresses),
  ];
}

/**
 * The same machine twice, machines with one address or one name.
 *
 * Not by machine-id, and not by the engine's id: clones of a VM and containers of one image share those, and a swarm does not
 * mind. Not by name: several names may lead to one machine. What cannot be shared is a running kernel with its network.
 */
function checkIdentity(readings: readonly MachineReading[], addresses: readonly AddressChoice[]): readonly Finding[] {
  const identity = ({ system, engine }: MachineReading): string | undefined =>
    system?.hostId ?? (engine?.swarm.nodeId || undefined);
  const twice = groups(readings, identity).map((group) => {
    const system = group[0]?.system;
    return machineError('SS-M25', {
      subject: names(group),
      problem: 'these are the same machine',
      proof: `hostname ${system?.hostname ?? '?'}, boot id and network ${system?.hostId ?? '?'}: equal for ${group.length === 2 ? 'both' : 'all'}`,
      fix: 'name every machine once',
    });
  });
  const single = readings.filter(
    (reading, index) =>
      readings.findIndex((other) => isSame(identity(other), identity(reading))) === index || !identity(reading),
  );
  const sameAddress = groups(
    addresses.filter(({ name, address }) => address !== undefined && single.some((reading) => reading.name === name)),
    ({ address }) => address,
  ).map((group) =>
    machineError('SS-M26', {
      subject: names(group),
      problem: 'different machines would tell the others the same address',
      proof: `${group[0]?.address} is the address of each of them, as behind a NAT`,
      fix: '--advertise-addr INTERFACE or SUBNET names the network in which they reach each other',
    }),
  );
  const without = addresses.flatMap((choice) =>
    choice.address === undefined
      ? [
          machineError('SS-M26', {
            subject: choice.name,
            problem: 'it has no address that the others can be told',
            proof: choice.reason,
            fix: '--advertise-addr INTERFACE or SUBNET names the network in which they reach each other',
          }),
        ]
      : [],
  );
  const sameName = groups(single, ({ system }) => system?.hostname.toLowerCase()).map((group) =>
    machineError('SS-M24', {
      subject: names(group),
      problem: 'different machines have the same host name, which is their name in the swarm',
      proof: `hostname: ${group[0]?.system?.hostname}`,
      fix: 'as root on all but one: hostnamectl set-hostname NAME, then systemctl restart docker',
    }),
  );
  return [...twice, ...sameAddress, ...without, ...sameName];
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one === other;
}

/** One image goes to all of them, and it is built for one kind of processor. */
function checkArchitecture(readings: readonly MachineReading[]): readonly Finding[] {
  const known = readings.flatMap(({ name, system, engine }) => {
    const architecture = engine?.architecture || system?.architecture;
    return architecture ? [{ name, architecture }] : [];
  });
  const kinds = groupBy(known, ({ architecture }) => architecture);
  if (kinds.size < 2) return [];
  const [most] = [...kinds.values()].toSorted((a, b) => b.length - a.length);
  return known
    .filter(({ architecture }) => architecture !== most?.[0]?.architecture)
    .map(({ name, architecture }) =>
      machineError('SS-M13', {
        subject: name,
        problem: 'its processor is of another kind, and one image goes to all machines',
        proof: `${architecture}; ${most?.map((other) => other.name).join(', ')}: ${most?.[0]?.architecture}`,
        fix: 'take machines of one kind for one swarm',
      }),
    );
}

function checkClocks(readings: readonly MachineReading[]): readonly Finding[] {
  const clocks = readings.flatMap(({ name, clock }) => (clock ? [{ name, clock }] : []));
  return compareClocks(clocks).flatMap(({ name, skewMs, errorMs, leastMs, reference }) => {
    if (leastMs <= SKEW_WARNING_MS) return [];
    const report = leastMs > SKEW_ERROR_MS ? machineError : machineWarning;
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    return [
      report('SS-M14', {
        subject: name,
        problem: `its clock is ${formatDuration(Math.abs(skewMs))} ${direction} the others'`,
        proof: `against ${reference}, the middle one of ${clocks.length}; measured to ${formatDuration(errorMs)}`,
        fix: 'as root there: timedatectl set-ntp true; timedatectl shows whether it is synchronized',
      }),
    ];
  });
}

/** Overlay packets of the one do not fit through the other, and are lost without a word. */
function checkMtus(addresses: readonly AddressChoice[]): readonly Finding[] {
  const known = addresses.flatMap((choice) =>
    choice.address !== undefined && choice.mtu !== undefined ? [{ name: choice.name, mtu: choice.mtu }] : [],
  );
  const kinds = groupBy(known, ({ mtu }) => mtu);
  if (kinds.size < 2) return [];
  const smallest = Math.min(...kinds.keys());
  const list = [...kinds].toSorted(([a], [b]) => b - a).map(([mtu, of]) => `${mtu}: ${names(of)}`);
  return [
    machineWarning('SS-M19', {
      subject: names(kinds.get(smallest) ?? []),
      problem: 'the networks of the machines carry packets of different sizes',
      proof: `MTU ${list.join('; ')}`,
      fix: `ip link set dev INTERFACE mtu ${smallest} on the others, or raise it on these; our overlay networks take the smallest`,
    }),
  ];
}

/** In the order in which the keys first come. */
function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const found = new Map<K, T[]>();
  for (const item of items) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return found;
}

/** Those of which several have the same key. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string | undefined): readonly (readonly T[])[] {
  const known = items.filter((item) => keyOf(item) !== undefined && keyOf(item) !== '');
  return [...groupBy(known, keyOf).values()].filter((group) => group.length > 1);
}

function names(group: readonly { readonly name: string }[]): string {
  return group.map(({ name }) => name).join(', ');
}
