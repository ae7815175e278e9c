import type { Finding } from '../doctor/finding.ts';
import { memberNames } from './check-swarm.ts';
import { chooseAddresses } from './choose-address.ts';
import type { MachineScripts } from './machine-scripts.ts';
import type { Machine } from './machine.ts';
import { checkMachines, type Observed, type PreflightWish } from './preflight.ts';
import { probeReach, type ReachMatrix } from './reach.ts';
import { readAllFacts } from './read-facts.ts';

export interface Preflight extends Observed {
  readonly matrix: ReachMatrix;
  readonly findings: readonly Finding[];
}

export interface PreflightRequest extends PreflightWish {
  /** What `--advertise-addr` says. */
  readonly advertiseAddress?: string | undefined;
  /** Those of the machines that are managers or become it. */
  readonly managerNames: readonly string[];
}

/**
 * Looks at all machines at the same time, lets them try to reach each other, and says everything that stands in the way.
 * Changes nothing, and takes no longer than 20 s for 32 machines: 9 for the facts, 7 for the tries. Each further 32 take as long
 * again, because each is an ssh of its own.
 *
 * @throws the signal's reason
 */
export async function runPreflight(
  machines: readonly Machine[],
  request: PreflightRequest,
  {
    scripts,
    signal,
    progress,
  }: { readonly scripts: MachineScripts; readonly signal: AbortSignal; readonly progress?: (detail: string) => void },
): Promise<Preflight> {
  progress?.(`asking ${machines.length === 1 ? '1 machine what it is' : `${machines.length} machines what they are`}`);
  const readings = await readAllFacts(machines, { script: scripts.facts, signal });
  const addresses = chooseAddresses(machines, readings, request.advertiseAddress);
  progress?.('trying who reaches whom');
  const matrix = await probeReach(machines, {
    script: scripts.reach,
    addresses,
    managers: request.managerNames,
    members: memberNames(readings, request.present),
    signal,
  });
  const observed = { readings, addresses, matrix };
  return { ...observed, findings: checkMachines(request, observed) };
}
