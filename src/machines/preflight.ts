import type { Finding } from '../doctor/finding.ts';
import { ConflictError, InvalidStateError, UnreachableError, UsageError, type ToolkitError } from '../errors.ts';
import type { Report } from '../events.ts';
import { checkEngine } from './check-engine.ts';
import { checkEntry, type EntryWish } from './check-entry.ts';
import { checkReach } from './check-reach.ts';
import { checkSwarm, isMember, type SwarmWishFacts } from './check-swarm.ts';
import { checkSystem, type SystemWish } from './check-system.ts';
import { checkTogether } from './check-together.ts';
import type { AddressChoice } from './choose-address.ts';
import type { MachineReading } from './facts.ts';
import { formatFinding } from './format-preflight.ts';
import { failureKindOf } from './machine-problems.ts';
import type { ReachMatrix } from './reach.ts';

export { needsEngine } from './check-entry.ts';

/** What the machines are to become. */
export interface PreflightWish extends SwarmWishFacts, EntryWish, SystemWish {}

/** What was seen of them. */
export interface Observed {
  readonly readings: readonly MachineReading[];
  readonly addresses: readonly AddressChoice[];
  readonly matrix: ReachMatrix | undefined;
}

/** Everything that stands in the way, and what may come to: errors first, each with its proof. Empty when all is well. */
export function checkMachines(wish: PreflightWish, { readings, addresses, matrix }: Observed): readonly Finding[] {
  const alone = readings.flatMap((reading) => {
    const choice = addresses.find(({ name }) => name === reading.name);
    const place = {
      isMember: isMember(reading, wish.present),
      mtu: choice?.address === undefined ? undefined : choice.mtu,
    };
    return [...checkEntry(reading, wish), ...checkEngine(reading), ...checkSystem(reading, wish, place)];
  });
  const findings = [
    ...checkSwarm(wish, readings),
    ...alone,
    ...checkTogether(readings, addresses),
    ...(matrix ? checkReach(matrix, readings) : []),
  ];
  return [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ];
}

/**
 * Ends a command whose machines are not ready, before anything was changed; says the warnings where they are.
 *
 * @param action what was attempted: `Cannot form the swarm "lab"`
 * @throws UsageError if what was asked is wrong; ConflictError if something is somebody else's; UnreachableError if there is
 * nothing but machines that cannot be reached; else InvalidStateError. The message holds every finding
 */
export function assertReady(findings: readonly Finding[], action: string, report?: Report): void {
  for (const finding of findings.filter(({ severity }) => severity === 'warning')) {
    report?.({ type: 'warning', message: formatFinding(finding) });
  }
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw failureOf(errors, action);
}

function failureOf(errors: readonly Finding[], action: string): ToolkitError {
  const kinds = new Set(errors.map(({ id }) => failureKindOf(id)));
  const count = errors.length === 1 ? '1 thing stands' : `${errors.length} things stand`;
  const message = `${action}: ${count} in the way, and nothing was changed\n${errors.map(formatFinding).join('\n')}`;
  const options = { hint: 'put these right, then run the same command again' };
  if (kinds.has('usage')) return new UsageError(message, options);
  if (kinds.has('conflict')) return new ConflictError(message, options);
  if (kinds.has('failed')) return new InvalidStateError(message, options);
  return new UnreachableError(message, options);
}
