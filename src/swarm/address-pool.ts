/** An IPv4 network as its first address and the number of bits that its addresses share. */
interface AddressRange {
  readonly first: number;
  readonly bits: number;
}

/** @returns `undefined` for anything but `10.0.0.0/24` */
function readRange(text: string): AddressRange | undefined {
  const match = /^([0-9.]+)\/([0-9]{1,2})$/.exec(text);
  const address = readAddress(match?.[1] ?? '');
  const bits = Number(match?.[2]);
  if (address === undefined || !(bits <= 32)) return undefined;
  return { first: address - (address % 2 ** (32 - bits)), bits };
}

function readAddress(text: string): number | undefined {
  const parts = text.split('.').map((part) => (/^[0-9]{1,3}$/.test(part) ? Number(part) : NaN));
  if (parts.length !== 4 || parts.some((part) => !(part <= 255))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** Ranges for a swarm's own networks, in the order they are tried. Docker's own choice begins at 10.0.0.0. */
const ADDRESS_POOLS = ['10.210.0.0/16', '10.98.0.0/16', '172.26.0.0/16', '10.0.0.0/8', '192.168.192.0/18'] as const;

/**
 * A range for the swarm's networks that none of the machines' networks is in: Docker's own would take 10.0.0.0/24 first,
 * and machines in there could not be reached from containers any more.
 *
 * @param networks of all machines: `10.0.0.4/24`; others than IPv4 are not looked at
 */
export function chooseAddressPool(networks: readonly string[]): string {
  const taken = networks.map(readRange).filter((range) => range !== undefined);
  const free = ADDRESS_POOLS.find((pool) => {
    const range = readRange(pool);
    return range && !taken.some((other) => overlaps(range, other));
  });
  return free ?? ADDRESS_POOLS[0];
}

function overlaps(left: AddressRange, right: AddressRange): boolean {
  return left.first < right.first + 2 ** (32 - right.bits) && right.first < left.first + 2 ** (32 - left.bits);
}
