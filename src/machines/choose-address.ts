import type { InterfaceAddress, MachineReading, SystemFacts } from './facts.ts';
import { isInSubnet, isLocalOnly, isSameIp, isSubnet, parseIp } from './ip-network.ts';
import type { Machine } from './machine.ts';

/** The address that a machine tells the other nodes, or why there is none. */
export type AddressChoice =
  | {
      readonly name: string;
      readonly address: string;
      readonly interface: string | undefined;
      /** Of that interface, bytes. */
      readonly mtu: number | undefined;
    }
  | { readonly name: string; readonly address: undefined; readonly reason: string };

/** Networks inside one machine: containers', other VMs'. */
const INNER = /^(?:lo|docker|br-|veth|virbr|cni|flannel|cali|cbr|kube|podman|lxc|lxd)/;

/**
 * The address by which each machine is known to the others: what `advertise` says; else the address that its engine is reached
 * at, else the one that ssh came in on, else that of the default route.
 *
 * @param advertise what `--advertise-addr` says: an address, an interface, or a subnet
 * @returns one for each machine that was read, in the order of `readings`
 */
export function chooseAddresses(
  machines: readonly Pick<Machine, 'name' | 'access'>[],
  readings: readonly MachineReading[],
  advertise: string | undefined,
): readonly AddressChoice[] {
  return readings.flatMap(({ name, system }) => {
    if (!system) return [];
    const machine = machines.find((candidate) => candidate.name === name);
    return [choose(name, system, { advertise, dialled: hostOf(machine?.access.host ?? '') })];
  });
}

interface Known {
  readonly advertise: string | undefined;
  /** Where its engine is dialled. */
  readonly dialled: string | undefined;
}

function choose(name: string, system: SystemFacts, { advertise, dialled }: Known): AddressChoice {
  if (advertise !== undefined) return chooseAsked(name, system, advertise);
  const usable = system.addresses.filter(isOuter);
  const found =
    [dialled, system.connectedTo]
      .map((wanted) => usable.find(({ address }) => wanted !== undefined && isSameIp(address, wanted)))
      .find((entry) => entry !== undefined) ??
    preferIpv4(usable.filter((entry) => entry.interface === system.defaultInterface?.name)) ??
    (usable.length === 1 ? usable[0] : undefined);
  if (found) return chosen(name, found);
  const seen = usable.length === 0 ? 'it has none' : `it has ${usable.map(({ address }) => address).join(', ')}`;
  return { name, address: undefined, reason: `no address is the one to tell the others: ${seen}` };
}

function chooseAsked(name: string, { addresses }: SystemFacts, advertise: string): AddressChoice {
  const matching = addresses.filter((entry) => {
    if (isSubnet(advertise)) return isInSubnet(entry.address, advertise);
    return parseIp(advertise) ? isSameIp(entry.address, advertise) : entry.interface === advertise;
  });
  const found = preferIpv4(matching.filter(({ address }) => !isLocalOnly(address)));
  if (found) return chosen(name, found);
  const seen = addresses.filter(isOuter).map(formatAddress);
  return {
    name,
    address: undefined,
    reason: `--advertise-addr ${advertise} fits none of its addresses: ${seen.join(', ') || 'none'}`,
  };
}

function isOuter({ address, interface: via }: InterfaceAddress): boolean {
  return !isLocalOnly(address) && !(via !== undefined && INNER.test(via));
}

function chosen(name: string, { address, interface: via, mtu }: InterfaceAddress): AddressChoice {
  return { name, address, interface: via, mtu };
}

function formatAddress({ address, interface: via }: InterfaceAddress): string {
  return via === undefined ? address : `${address} (${via})`;
}

function preferIpv4(entries: readonly InterfaceAddress[]): InterfaceAddress | undefined {
  return entries.find(({ address }) => !address.includes(':')) ?? entries[0];
}

/** Host of a DOCKER_HOST value, if it is an address. */
function hostOf(engineHost: string): string | undefined {
  const match = /^(?:tcp|ssh):\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^:/]+))/.exec(engineHost);
  const host = match?.[1] ?? match?.[2];
  return host !== undefined && parseIp(host) ? host : undefined;
}
