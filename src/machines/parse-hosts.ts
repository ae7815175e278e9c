import { UsageError } from '../errors.ts';
import type { HostAddress } from './machine.ts';

/** More machines than a swarm is made of by one command. */
export const MAX_HOSTS = 500;

/**
 * Hosts as a user types them, separated by commas: `root@a,b:2222,node[01-10].lan,user@h[1-3,7],[fe80::1]:22`.
 *
 * A range keeps the zeros of its first number: `node[08-10]` is `node08,node09,node10`. A host may hold several ranges.
 * An IPv6 address is always in brackets. Names have letters, digits, dashes and dots, as DNS has them: `_` is refused,
 * because Spark refuses it in the name of a master's host.
 *
 * @param field how the message names the value: `--hosts`
 * @returns at least one, each host and port once, in the order they were typed
 * @throws UsageError naming the field, the host that is wrong, and what was expected
 */
export function parseHosts(text: string, field: string): readonly HostAddress[] {
  refuseStrangeText(text, field);
  const hosts: HostAddress[] = [];
  for (const item of splitOutsideBrackets(text)) {
    hosts.push(...parseItem(item, field));
    if (hosts.length > MAX_HOSTS) throw tooMany(text, field);
  }
  refuseTwice(hosts, field);
  return hosts;
}

/**
 * One host: `root@a`, `b:2222`, `[fe80::1]:22`.
 *
 * @throws UsageError as {@link parseHosts}; also for a range of several
 */
export function parseHost(text: string, field: string): HostAddress {
  const [host, ...others] = parseHosts(text, field);
  if (host !== undefined && others.length === 0) return host;
  throw wrong(text, field, 'expected one host, like root@10.0.0.4');
}

/** The host as it was typed: `root@a:2222`, an IPv6 address in brackets. `parseHost` reads it back. */
export function formatHost({ user, host, port }: HostAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}

/** What two ways to write one host have in common. Names are compared without case, and ssh's own port is 22. */
export function hostKey({ host, port }: HostAddress): string {
  return formatHost({ user: undefined, host: host.toLowerCase(), port: port ?? 22 });
}

function refuseStrangeText(text: string, field: string): void {
  if (text === '') throw wrong(text, field, 'expected hosts, like root@10.0.0.4,root@10.0.0.5');
  // eslint-disable-next-line no-control-regex
  if (/[^\u0000-\u007f]/.test(text)) throw wrong(text, field, 'expected ASCII only');
  if (/\s/.test(text)) throw wrong(text, field, 'expected hosts separated by commas, without blanks');
}

function splitOutsideBrackets(text: string): readonly string[] {
  return text.split(/,(?![^[\]]*\])/);
}

const ITEM = /^(?:(?<user>[^@]*)@)?(?<host>\[[^[\]]*:[^[\]]*\]|(?:[^:[\]@]|\[[^[\]:]*\])+)(?::(?<port>[^:@[\]]*))?$/;

function parseItem(item: string, field: string): readonly HostAddress[] {
  const parts = ITEM.exec(item)?.groups;
  if (!parts?.['host']) throw wrong(item, field, itemAdvice(item));
  const user = parts['user'];
  if (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(user)) {
    throw wrong(item, field, 'expected a user of letters, digits, dots, dashes and _ before the @');
  }
  const port = parts['port'] === undefined ? undefined : parsePort(parts['port'], item, field);
  if (parts['host'].includes(':')) return [{ user, host: parseIpv6(parts['host'].slice(1, -1), item, field), port }];
  return expandRanges(parts['host'], item, field).map((host) => ({ user, host: checkName(host, item, field), port }));
}

function itemAdvice(item: string): string {
  if (item === '') return 'expected a host between two commas';
  if (!/[[\]]/.test(item) && (item.match(/:/g) ?? []).length > 1) {
    return 'expected brackets around an IPv6 address, like [fe80::1]:22';
  }
  return 'expected [user@]host[:port], like root@10.0.0.4 or node[01-10].lan';
}

function parsePort(text: string, item: string, field: string): number {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw wrong(item, field, 'expected a port from 1 to 65535');
}

function parseIpv6(text: string, item: string, field: string): string {
  const [address = '', zone, ...rest] = text.split('%');
  const zoneIsRight = zone === undefined || (rest.length === 0 && /^[A-Za-z0-9.-]+$/.test(zone));
  if (zoneIsRight && /^[0-9A-Fa-f:.]+$/.test(address) && URL.canParse(`http://[${address}]`)) return text;
  throw wrong(item, field, 'expected an IPv6 address in the brackets, like [fe80::1]');
}

/** `a[1-2]b[3,5]` → `a1b3 a1b5 a2b3 a2b5`. */
function expandRanges(text: string, item: string, field: string): readonly string[] {
  const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(text);
  if (!match) return [text];
  const [, before = '', ranges = '', after = ''] = match;
  const numbers = ranges.split(',').flatMap((range) => parseRange(range, item, field));
  const ends = expandRanges(after, item, field);
  if (numbers.length * ends.length > MAX_HOSTS) throw tooMany(item, field);
  return numbers.flatMap((number) => ends.map((end) => `${before}${number}${end}`));
}

/** `08-10` → `08 09 10`. */
function parseRange(range: string, item: string, field: string): readonly string[] {
  const match = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(range);
  if (!match?.[1]) throw wrong(item, field, 'expected numbers and ranges in the brackets, like [01-10] or [1-3,7]');
  const [, first, last = first] = match;
  const from = Number(first);
  const count = Number(last) - from + 1;
  if (count < 1) throw wrong(item, field, `expected a range that counts up, like [${last}-${first}]`);
  if (isPadded(last) && last.length !== first.length) {
    throw wrong(item, field, 'expected both ends of the range with the same number of digits, like [01-10]');
  }
  if (count > MAX_HOSTS) throw tooMany(item, field);
  return Array.from({ length: count }, (_, index) => String(from + index).padStart(first.length, '0'));
}

function isPadded(number: string): boolean {
  return number.length > 1 && number.startsWith('0');
}

const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Source: RFC 1123 §2.1 for names; addresses have four numbers without leading zeros. */
function checkName(host: string, item: string, field: string): string {
  if (host.includes('_')) throw wrong(item, field, `expected a host name without _ (Spark refuses it)`);
  if (/^[0-9.]+$/.test(host)) {
    const isIpv4 = /^(?:(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\.(?!$)|$)){4}$/.test(host);
    if (isIpv4) return host;
    throw wrong(item, field, 'expected an IPv4 address of four numbers from 0 to 255, like 10.0.0.4');
  }
  if (host.length <= 253 && host.split('.').every((label) => LABEL.test(label))) return host;
  throw wrong(item, field, nameAdvice(host));
}

function nameAdvice(host: string): string {
  if (host.length > 253) return 'expected a host name of at most 253 characters';
  if (host.split('.').some((label) => label.length > 63)) return 'expected at most 63 characters between two dots';
  return 'expected a host name of letters, digits, dashes and dots, or an address';
}

function refuseTwice(hosts: readonly HostAddress[], field: string): void {
  const seen = new Set<string>();
  for (const host of hosts) {
    const key = hostKey(host);
    if (seen.has(key)) throw new UsageError(`${field}: got ${formatHost(host)} twice; expected every host once`);
    seen.add(key);
  }
}

function tooMany(text: string, field: string): UsageError {
  return wrong(text, field, `expected at most ${MAX_HOSTS} hosts`);
}

function wrong(text: string, field: string, expected: string): UsageError {
  // Without a password that stands before the @: whoever reads the message would read it.
  const open = text.replace(/:[^@]*@/, ':…@');
  const shown = open.length > 120 ? `${open.slice(0, 117)}…` : open;
  return new UsageError(`${field}: got ${JSON.stringify(shown)}; ${expected}`);
}
