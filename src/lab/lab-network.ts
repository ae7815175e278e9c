import { ConflictError } from '../errors.ts';

/** An IPv4 range: `base` has no bits beyond the prefix. */
export interface Subnet {
  /** The first address, as an unsigned 32-bit number. */
  readonly base: number;
  /** Length of the prefix, 0 to 32. */
  readonly prefix: number;
}

/** What a lab takes when it is free: above the addresses of home routers, below those of most test rigs. */
const FIRST_CHOICE = 77;
/** Node n has the address base + this + n. */
const NODE_OFFSET = 10;

/** @returns undefined if the text is not an IPv4 range */
export function readSubnet(text: string): Subnet | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined;
  const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return { base: (address & maskOf(prefix)) >>> 0, prefix };
}

export function formatSubnet({ base, prefix }: Subnet): string {
  return `${formatAddress(base)}/${prefix}`;
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

/** Address of node n, from 1: `192.168.77.11` for the first. */
export function nodeAddress(subnet: Subnet, node: number): string {
  return formatAddress(subnet.base + NODE_OFFSET + node);
}

/** Address of the outer engine's bridge in the subnet. */
export function gatewayAddress(subnet: Subnet): string {
  return formatAddress(subnet.base + 1);
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  const mask = maskOf(Math.min(one.prefix, other.prefix));
  return (one.base & mask) === (other.base & mask);
}

/**
 * The first free /24 for a lab: the wanted one (where the lab was before), else 192.168.77.0/24, then upwards and around.
 *
 * @param taken ranges of docker networks and of the machine's routes, the default route left out
 * @throws ConflictError when all 256 overlap with something
 */
export function chooseSubnet(taken: readonly Subnet[], wanted?: Subnet): Subnet {
  const isFree = (subnet: Subnet): boolean => !taken.some((other) => overlaps(subnet, other));
  if (wanted && isFree(wanted)) return wanted;
  for (let step = 0; step < 256; step += 1) {
    const subnet = { base: ((192 << 24) | (168 << 16) | (((FIRST_CHOICE + step) % 256) << 8)) >>> 0, prefix: 24 };
    if (isFree(subnet)) return subnet;
  }
  throw new ConflictError(
    'Cannot choose a network for the lab: every 192.168.x.0/24 overlaps with a route or a docker network',
    {
      hint: 'ip route; docker network ls',
    },
  );
}

/** What the kernel's IPv4 routing table says. */
export interface Routes {
  /** Interface of the default route with the lowest metric; undefined without one. */
  readonly defaultInterface: string | undefined;
  /** Ranges reached by the other routes. */
  readonly subnets: readonly Subnet[];
}

/**
 * Reads /proc/net/route.
 *
 * Shape: a head line, then `Iface Destination Gateway Flags RefCnt Use Metric Mask …`; destination and mask are 8
 * hexadecimal digits in the machine's byte order, which is little-endian wherever this runs.
 */
export function parseRoutes(text: string): Routes {
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row.length >= 8);
  const routes = rows.map((row) => ({
    device: row[0] ?? '',
    base: readHex(row[1] ?? ''),
    metric: Number(row[6]),
    prefix: countBits(readHex(row[7] ?? '')),
  }));
  const defaults = routes.filter(({ prefix }) => prefix === 0).sort((one, other) => one.metric - other.metric);
  return {
    defaultInterface: defaults[0]?.device,
    subnets: routes.filter(({ prefix }) => prefix > 0).map(({ base, prefix }) => ({ base, prefix })),
  };
}

function readHex(text: string): number {
  const bytes = /^(..)(..)(..)(..)$/.exec(text)?.slice(1).toReversed() ?? [];
  return Number.parseInt(bytes.join(''), 16) >>> 0;
}

function countBits(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest = (rest << 1) >>> 0) bits += 1;
  return bits;
}
