import { ConflictError, UsageError } from '../errors.ts';
import { fingerprint, type KeyOffer } from './host-keys.ts';
import type { Inventory } from './inventory.ts';
import { machineContextDescription, machineContextName, type ListedContext } from './machine-context.ts';
import { formatHost } from './parse-hosts.ts';

/** A docker context that shall be there. */
export interface WantedContext {
  readonly name: string;
  readonly description: string;
  /** DOCKER_HOST value. */
  readonly host: string;
  /** PEM text of the authority that the engine's certificate is checked by; for `tcp://` only. */
  readonly certificateAuthority: string | undefined;
  /** What it leads to, as messages say it: `the swarm "demo"`, `the machine web1`. */
  readonly meaning: string;
}

/** The context of the swarm in a hand-over file, else one for each machine. */
export function wantedContexts(inventory: Inventory, name: string | undefined): readonly WantedContext[] {
  const swarm = inventory.handOver?.swarm;
  if (swarm) {
    const own = name ?? swarm.name;
    return [
      {
        name: `spark-${own}`,
        description: `spark-swarm swarm "${own}"`,
        host: swarm.engine,
        certificateAuthority: swarm.certificateAuthority ?? undefined,
        meaning: `the swarm "${swarm.name}"`,
      },
    ];
  }
  if (name !== undefined) {
    throw new UsageError(`--name: got ${JSON.stringify(name)}; expected a file in which there is a swarm to be named`);
  }
  return inventory.hosts.map(({ name: machine, address }) => ({
    name: machineContextName(machine),
    description: machineContextDescription(machine),
    host: `ssh://${formatHost(address)}`,
    certificateAuthority: undefined,
    meaning: `the machine ${machine}`,
  }));
}

/** @throws ConflictError for a context of such a name that is not ours, or ours for something else */
export function refuseForeignContexts(wanted: readonly WantedContext[], present: readonly ListedContext[]): void {
  const taken = wanted.flatMap(({ name, description }) => {
    const found = present.find((context) => context.name === name);
    return found && found.description !== description ? [name] : [];
  });
  if (taken.length === 0) return;
  const names = taken.map((name) => `"${name}"`).join(', ');
  throw new ConflictError(
    `Cannot import: ${taken.length === 1 ? `the docker context ${names} is` : `the docker contexts ${names} are`} there and not of this import`,
    { hint: `--name imports a swarm under another name; or remove it (docker context rm ${taken[0]})` },
  );
}

/** @throws ConflictError naming every machine whose known key is another one */
export function refuseOtherKeys(offers: readonly KeyOffer[]): void {
  const refused = offers.flatMap(({ refusal }) => refusal ?? []);
  if (refused.length === 0) return;
  throw new ConflictError(
    `Cannot import: host keys are known here that contradict the file\n${refused.map((line) => `  ${line}`).join('\n')}`,
    {
      hint: 'ask who gave you the file; if a machine was installed anew: ssh-keygen -R HOST, then import again',
    },
  );
}

/** The host keys that would be added, for a person to compare. */
export function describeKeys(offers: readonly KeyOffer[]): readonly string[] {
  return offers.flatMap(({ machine, known, missing }) =>
    missing.map((key) => `${machine} (${known.name}): ${fingerprint(key)}`),
  );
}
