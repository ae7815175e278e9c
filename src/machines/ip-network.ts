/** An IP address as one number, to compare networks with. */
interface IpNumber {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** @returns `undefined` for what is no address */
export function parseIp(text: string): IpNumber | undefined {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split('.').map(Number);
    if (bytes.some((byte) => byte > 255)) return undefined;
    return { bits: 32, value: bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n) };
  }
  if (!text.includes(':') || !URL.canParse(`http://[${text}]`)) return undefined;
  // In the shortest form then, with `::` for the longest row of zeros.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  const all = [...first, ...zeros, ...last];
  return { bits: 128, value: all.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n) };
}

/** Whether two texts are the same address, however they are written. */
export function isSameIp(one: string, other: string): boolean {
  const [a, b] = [parseIp(one), parseIp(other)];
  return a !== undefined && a.bits === b?.bits && a.value === b.value;
}

/** `10.0.0.0/24`, `fd00::/64`; host bits may be set. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [base = '', prefix = ''] = subnet.split('/');
  const [ip, network] = [parseIp(address), parseIp(base)];
  if (!ip || !network || ip.bits !== network.bits || !isPrefix(prefix, network.bits)) return false;
  const hostBits = BigInt(network.bits - Number(prefix));
  return ip.value >> hostBits === network.value >> hostBits;
}

export function isSubnet(text: string): boolean {
  const [base = '', prefix, ...rest] = text.split('/');
  const network = parseIp(base);
  return network !== undefined && prefix !== undefined && rest.length === 0 && isPrefix(prefix, network.bits);
}

function isPrefix(text: string, bits: number): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= bits;
}

/** Loopback and link-local ones: no other machine can use them without more. */
export function isLocalOnly(address: string): boolean {
  return ['127.0.0.0/8', '169.254.0.0/16', '::1/128', 'fe80::/10'].some((subnet) => isInSubnet(address, subnet));
}
