import { ConfigError, ToolkitError } from '../errors.ts';
import type { HandOver } from './hand-over.ts';
import type { HostAddress } from './machine.ts';
import { hostKey, MAX_HOSTS, parseHost } from './parse-hosts.ts';

/** What kind of file an inventory is, seen in its content. */
export type InventoryFormat = 'hand-over' | 'ansible-ini' | 'ansible-yaml' | 'terraform' | 'plain';

/** Machines that a file names. */
export interface Inventory {
  readonly format: InventoryFormat;
  /** Each once, in the order of the file; those of a hand-over file that are entered by ssh. */
  readonly hosts: readonly InventoryHost[];
  /** The whole file, where it is one that `machines export` wrote. */
  readonly handOver: HandOver | undefined;
  /** What the file says and nobody reads: passwords, hosts that are not entered by ssh. */
  readonly notes: readonly string[];
}

export interface InventoryHost {
  /** As the file names it: `web1`; its address where it has no name. */
  readonly name: string;
  readonly address: HostAddress;
}

/** What one format's parser gives: what it found, and everything that is wrong. */
export interface ParsedHosts {
  readonly hosts: readonly InventoryHost[];
  readonly problems: readonly InventoryProblem[];
  readonly notes: readonly string[];
}

export interface InventoryProblem {
  /** From 1; `undefined` where the message names a key. */
  readonly line?: number | undefined;
  readonly message: string;
}

/** A host as a file has it, before it is checked. */
export interface RawHost {
  readonly name: string;
  readonly host: unknown;
  readonly user: unknown;
  readonly port: unknown;
  /** How a message names it: `web1`, `web_ips[0]`. */
  readonly field: string;
  readonly line?: number | undefined;
}

/** Collects the hosts of one file with all that is wrong with them. */
export class HostCollector {
  readonly hosts: InventoryHost[] = [];
  readonly problems: InventoryProblem[] = [];
  readonly notes: string[] = [];
  readonly #renamed: string[] = [];
  readonly #byKey = new Map<string, InventoryHost>();
  readonly #sameIsOne: boolean;

  /** @param sameIsOne whether a host that comes twice is taken once, and no problem */
  constructor({ sameIsOne }: { readonly sameIsOne: boolean }) {
    this.#sameIsOne = sameIsOne;
  }

  add(raw: RawHost): void {
    this.attempt(raw.line, () => {
      this.#addChecked({ name: this.#machineName(raw), address: toAddress(raw) }, raw);
    });
  }

  problem(message: string, line?: number): void {
    this.problems.push({ line, message });
  }

  /** What the work refuses becomes a problem of the line. */
  attempt(line: number | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      this.problem(error.message, line);
    }
  }

  finish(): ParsedHosts {
    if (this.hosts.length === 0 && this.problems.length === 0) this.problem('it names no host');
    if (this.hosts.length > MAX_HOSTS)
      this.problem(`it names ${this.hosts.length} hosts; expected at most ${MAX_HOSTS}`);
    const notes = [
      ...this.notes,
      ...(this.#renamed.length === 0 ? [] : [`names here have no _: ${this.#renamed.join(', ')}`]),
    ];
    return { hosts: this.hosts, problems: this.problems, notes };
  }

  #addChecked(found: InventoryHost, { field, line }: RawHost): void {
    const key = hostKey(found.address);
    const same = this.#byKey.get(key);
    if (same && this.#sameIsOne) return;
    if (same) {
      const who = same.name === found.name ? '' : ` (as ${same.name})`;
      return this.problem(`${field}: ${key} is there twice${who}; expected every host once`, line);
    }
    if (this.hosts.some(({ name }) => name === found.name)) {
      return this.problem(`${field}: the name ${found.name} is there twice; expected every name once`, line);
    }
    this.#byKey.set(key, found);
    this.hosts.push(found);
  }

  /** Inventories like `_` in names, and no name here has one. */
  #machineName({ name, field }: RawHost): string {
    const wanted = name.replaceAll('_', '-');
    const bare = wanted.replace(/^\[(.*)\]$/, '$1');
    parseHost(bracketed(bare), field);
    if (wanted !== name) this.#renamed.push(`${name} is ${wanted}`);
    return bare;
  }
}

function toAddress({ host, user, port, field }: RawHost): HostAddress {
  const [hostText, userText, portText] = [host, user, port].map((value) => plainText(value, field));
  const before = userText === undefined ? '' : `${userText}@`;
  const after = portText === undefined ? '' : `:${portText}`;
  return parseHost(`${before}${bracketed(hostText ?? '')}${after}`, field);
}

function plainText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new ConfigError(field, [`got ${JSON.stringify(value)}; expected a plain value`]);
  if (text.includes('{{'))
    throw new ConfigError(field, [`got ${JSON.stringify(text)}; expected a value, not a template`]);
  if (text.startsWith('$ANSIBLE_VAULT')) throw new ConfigError(field, ['got an encrypted value; expected a plain one']);
  return text;
}

/** Inventories write IPv6 addresses as they are. */
function bracketed(host: string): string {
  return /^[^[]*:[^[]*:/.test(host) ? `[${host}]` : host;
}

/** Every problem of a file, in its order. @param shown the file as the user named it */
export function inventoryError(shown: string, problems: readonly InventoryProblem[]): ConfigError {
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const placeOf = ({ line }: InventoryProblem): string => (line === undefined ? shown : `${shown}:${line}`);
  const [first] = sorted;
  if (sorted.length === 1 && first) return new ConfigError(placeOf(first), [first.message]);
  return new ConfigError(
    shown,
    sorted.map((problem) => (problem.line === undefined ? problem.message : `${placeOf(problem)}: ${problem.message}`)),
  );
}
