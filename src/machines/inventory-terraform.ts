import { isRecord } from './inventory-format.ts';
import { HostCollector, type ParsedHosts } from './inventory.ts';

/** Keys of an object that is a machine; of several, the first that says something. */
const ADDRESS_KEYS = [
  'ansible_host',
  'address',
  'host',
  'ip',
  'public_ip',
  'public_ip_address',
  'ip_address',
  'ipv4_address',
  'public_dns',
  'fqdn',
  'private_ip',
  'private_ip_address',
  'private_dns',
];
const NAME_KEYS = ['name', 'hostname'];
const USER_KEYS = ['user', 'username', 'ssh_user'];
const PORT_KEYS = ['port', 'ssh_port'];

const IP = /^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f.]*)$/;
/** Last word of an output whose text is an address, also if it is a name. */
const SAYS_ADDRESS = /(?:^|_|-)(?:ips?|address(?:es)?|hosts?|hostnames?|dns|fqdns?)$/i;
/** The same for lists and maps. */
const SAYS_MACHINES = /(?:^|_|-)(?:nodes|machines|servers|workers|managers|vms)$/i;

/**
 * Machines in what `terraform output -json` prints. An output counts when it is one of these, at any depth:
 *
 * - a text that is an IP address, or `user@host[:port]`;
 * - another text, where the output's name ends with ip, address, host, hostname, dns or fqdn (also in the plural), and for
 *   lists and maps with nodes, machines, servers, workers, managers or vms;
 * - an object with one of {@link ADDRESS_KEYS}; its user and port are taken too, and its name, else its key in a map.
 *
 * Of `private_ips` and `public_ips` the public ones are taken. A host that comes twice is taken once. Sensitive outputs are
 * not read.
 *
 * @param only take these outputs alone, whatever their names
 */
export function parseTerraformOutput(
  value: Readonly<Record<string, unknown>>,
  only: readonly string[] = [],
): ParsedHosts {
  const found = new HostCollector({ sameIsOne: true });
  const sensitive: string[] = [];
  for (const name of only.filter((output) => !(output in value))) found.problem(`it has no output ${name}`);
  for (const [name, output] of Object.entries(value)) {
    if (only.length > 0 ? !only.includes(name) : hasPublicTwin(name, value)) continue;
    if (!isRecord(output) || output['sensitive'] === true) sensitive.push(name);
    else
      readValue(found, output['value'], { output: name, field: name, isChosen: only.includes(name), isInList: false });
  }
  if (sensitive.length > 0) found.notes.push(`sensitive outputs are not read: ${sensitive.join(', ')}`);
  if (found.hosts.length === 0 && found.problems.length === 0) {
    found.problem(
      `no output holds addresses (${Object.keys(value).join(', ') || 'it is empty'}); expected one whose name ends with _ips or _hosts`,
    );
  }
  return found.finish();
}

function hasPublicTwin(name: string, outputs: Readonly<Record<string, unknown>>): boolean {
  return /private|internal/.test(name) && name.replace(/private|internal/, 'public') in outputs;
}

interface At {
  readonly output: string;
  /** `web.value[0]` as a message says it. */
  readonly field: string;
  readonly isChosen: boolean;
  readonly isInList: boolean;
  /** Key of the map it is in. */
  readonly key?: string;
}

function readValue(found: HostCollector, value: unknown, at: At): void {
  if (typeof value === 'string') return readText(found, value, at);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      readValue(found, item, {
        output: at.output,
        isChosen: at.isChosen,
        field: `${at.field}[${index}]`,
        isInList: true,
      });
    }
  } else if (isRecord(value)) {
    const address = firstText(value, ADDRESS_KEYS);
    if (address !== undefined) return addObject(found, value, address, at);
    for (const [key, item] of Object.entries(value)) {
      readValue(found, item, {
        output: at.output,
        isChosen: at.isChosen,
        field: `${at.field}.${key}`,
        isInList: true,
        key,
      });
    }
  }
}

function readText(found: HostCollector, text: string, { output, field, isChosen, isInList, key }: At): void {
  const counts =
    isChosen ||
    IP.test(text) ||
    /^[^@\s]+@[^@\s]+$/.test(text) ||
    SAYS_ADDRESS.test(output) ||
    (isInList && SAYS_MACHINES.test(output));
  if (!counts || text === '') return;
  const { user, host, port } = splitAddress(text);
  found.add({ name: key ?? host, host, user, port, field });
}

function splitAddress(text: string): { readonly host: string; readonly user?: string; readonly port?: string } {
  const match = IP.test(text) ? undefined : /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::([0-9]+))?$/.exec(text);
  const [, user, host = text, port] = match ?? [];
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

function addObject(
  found: HostCollector,
  value: Readonly<Record<string, unknown>>,
  address: string,
  { field, key }: At,
): void {
  const { host, user, port } = splitAddress(address);
  const name = firstText(value, NAME_KEYS) ?? key ?? host;
  found.add({
    name,
    host,
    user: user ?? firstText(value, USER_KEYS),
    port:
      port ??
      PORT_KEYS.map((portKey) => value[portKey]).find((item) => typeof item === 'number' || typeof item === 'string'),
    field,
  });
}

function firstText(value: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  return keys.map((key) => value[key]).find((item) => typeof item === 'string' && item !== '') as string | undefined;
}
