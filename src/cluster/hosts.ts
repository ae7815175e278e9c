import { NotFoundError, UsageError } from '../errors.ts';
import { formatHost } from '../machines/parse-hosts.ts';
import type { HostAddress } from '../machines/machine.ts';

/** A host of a cluster: a node of the swarm that it is on, with all the names by which people know it. */
export interface ClusterHost {
  /** The node's id in its swarm. */
  readonly id: string;
  /** Its host name: what messages call it. */
  readonly name: string;
  readonly role: 'manager' | 'worker';
  /** As Docker spells it: `active`, `pause`, `drain`. */
  readonly availability: string;
  /** As Docker spells it: `ready`, `down`. */
  readonly state: string;
  /** Where its published ports answer. */
  readonly address: string;
  /** How its engine is reached, a DOCKER_HOST value; `undefined` where no label says it. */
  readonly engine: string | undefined;
  /** The machine it is, as `source/reference`; `undefined` for a node that somebody else joined. */
  readonly machine: string | undefined;
  /** It has joined, and gets no containers before it has the images. */
  readonly isJoining: boolean;
}

/**
 * The host that a user means: by its host name, its address, the name by which it was joined, or a machine's own name.
 * A port tells apart what has one address; of several entries of one machine those that answer count.
 *
 * @returns `undefined` if there is none
 * @throws UsageError if several are meant
 */
export function findHost(hosts: readonly ClusterHost[], wanted: HostAddress): ClusterHost | undefined {
  const meant = hosts.filter((host) => isMeant(host, wanted));
  const ready = meant.filter(({ state }) => state === 'ready');
  const [first, ...others] = ready.length > 0 ? ready : meant;
  if (others.length === 0 || ready.length === 0) return first;
  throw new UsageError(
    `HOST: ${formatHost(wanted)} is ${ready.map(({ name, address }) => `${name} (${address})`).join(' and ')}; expected one of them`,
  );
}

/**
 * The hosts that a user names.
 *
 * @throws NotFoundError naming all that are not in the cluster: `host4 isn't in demo`
 */
export function findHosts(
  hosts: readonly ClusterHost[],
  wanted: readonly HostAddress[],
  cluster: string,
): readonly ClusterHost[] {
  const found = wanted.map((host) => ({ host, node: findHost(hosts, host) }));
  const missing = found.filter(({ node }) => node === undefined).map(({ host }) => formatHost(host));
  if (missing.length > 0) {
    throw new NotFoundError(`${missing.join(', ')} ${missing.length === 1 ? "isn't" : "aren't"} in ${cluster}`, {
      hint: `spark-swarm cluster info -n ${cluster} shows its hosts`,
    });
  }
  return [...new Set(found.flatMap(({ node }) => node ?? []))];
}

function isMeant({ name, address, engine, machine }: ClusterHost, { host, port }: HostAddress): boolean {
  const wanted = host.toLowerCase();
  const reference = machine?.slice(machine.indexOf('/') + 1) ?? '';
  // A port is one of ssh: of a host that is known by its name or a machine's own name nothing else is meant.
  const places = [parsePlace(engine ?? ''), parsePlace(reference)].filter((place) => place.host === wanted);
  if (port !== undefined) return places.some((place) => place.port === port || place.port === undefined);
  return places.length > 0 || [name, address, reference].some((known) => known.toLowerCase() === wanted);
}

/** `ssh://root@a:22`, `root@a:22`, `tcp://10.0.0.4:2376` → host and port; the host of a path is empty. */
function parsePlace(text: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(?:[a-z]+:\/\/)?(?:[^@/]*@)?(\[[^\]]*\]|[^:/@]+)(?::([0-9]+))?\/?$/i.exec(text);
  const host = (match?.[1] ?? '').replaceAll(/^\[|\]$/g, '').toLowerCase();
  return { host, port: match?.[2] === undefined ? undefined : Number(match[2]) };
}
