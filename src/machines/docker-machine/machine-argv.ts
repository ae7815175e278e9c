import { UsageError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';

/** Machine that is made and taken away again so that docker-machine makes its certificates; never listed. */
export const BOOTSTRAP_MACHINE = 'spark-swarm-bootstrap';

/**
 * The name of a machine, which becomes its hostname and so the node's name in the swarm.
 *
 * Shape: letters, digits and dashes, at most 63, as a host's name. docker-machine refuses `_`, as Spark does; it takes dots.
 * Source: docker/machine `libmachine/host/host.go`, `ValidateHostName`.
 *
 * @throws UsageError
 */
export function checkMachineName(name: string, field: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name) && name !== BOOTSTRAP_MACHINE) return name;
  throw new UsageError(
    `${field}: got ${JSON.stringify(name)}; expected at most 63 letters, digits and dashes, with no dash at either end`,
  );
}

/** docker-machine executes a label on the machine, in a shell: so nothing but what a swarm's name may hold is let through. */
export function machineLabel(swarm: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(swarm)) {
    throw new UsageError(
      `swarm: got ${JSON.stringify(swarm)}; expected lower-case letters, digits and dashes, beginning with a letter`,
    );
  }
  return `${LABELS.machine}=${swarm}`;
}

/** What `docker-machine create` is told about one machine. */
export interface CreateArguments {
  readonly name: string;
  readonly swarm: string;
  readonly driver: string;
  /** Flags of the sizes, and of the host where there is one already. */
  readonly ownFlags: readonly string[];
  /** The user's. They come last, so that they win. */
  readonly driverFlags: readonly string[];
}

/** Arguments of docker-machine. The engine's label is how `machines remove` knows the machine as ours. */
export function createArguments({ name, swarm, driver, ownFlags, driverFlags }: CreateArguments): readonly string[] {
  return ['create', '--driver', driver, '--engine-label', machineLabel(swarm), ...ownFlags, ...driverFlags, name];
}

/** The driver `none` makes nothing, and dials nobody. */
export function bootstrapArguments(): readonly string[] {
  return ['create', '--driver', 'none', '--url', 'tcp://127.0.0.1:2376', BOOTSTRAP_MACHINE];
}

/**
 * @param force the entry goes even where the driver did not remove its machine: only for one that has none, or a machine
 * that a provider still charges for would be forgotten
 */
export function removeArguments(name: string, { force }: { readonly force: boolean }): readonly string[] {
  return ['rm', ...(force ? ['--force'] : []), '-y', name];
}

/** @param line what the login shell there reads */
export function enterArguments(name: string, line: readonly string[]): readonly string[] {
  return ['ssh', name, ...line];
}

export function inspectArguments(name: string): readonly string[] {
  return ['inspect', name];
}

/** Names only: any other list dials every machine. */
export function listArguments(): readonly string[] {
  return ['ls', '--quiet'];
}

/** With a driver that is a plugin and not there, this fails and says so. */
export function helpArguments(driver: string): readonly string[] {
  return ['create', '--driver', driver, '--help'];
}
