import type { Finding } from '../doctor/finding.ts';
import type { SwarmCreated } from './create-swarm.ts';
import type { SwarmLeft } from './leave-swarm.ts';
import type { SwarmNodeStatus, SwarmStatus } from './read-swarm.ts';

/** The nodes as a table; whether their engines answer from here is a column only where somebody has asked them. */
export function swarmTable(nodes: readonly SwarmNodeStatus[]): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const isAsked = nodes.some(({ reachable }) => reachable !== null);
  const head = ['node', 'role', 'availability', 'state', 'address', 'docker', 'machine'];
  const rows = nodes.map((node) => [
    node.name,
    node.isLeader ? `${node.role}, leader` : node.role,
    node.availability,
    node.state,
    node.address,
    node.engineVersion ?? '-',
    node.machine ?? '-',
    ...(isAsked ? [node.reachable === null ? '-' : node.reachable ? 'answers' : 'unreachable'] : []),
  ]);
  return { head: isAsked ? [...head, 'engine'] : head, rows };
}

/** What came of `swarm create` and `swarm join`, before the table of nodes. */
export function formatCreated(
  { name, changed, changes }: SwarmCreated,
  { dryRun }: { readonly dryRun: boolean },
): string {
  if (dryRun) return changes.length === 0 ? 'nothing to do\n' : `${changes.join('\n')}\n`;
  return changed ? `The swarm "${name}" is ready\n` : `The swarm "${name}" is ready: nothing to do\n`;
}

/** The way to it, and what to type next where it is new. */
export function formatNext({ contextName, changed }: SwarmCreated): string {
  return `Docker context: ${contextName}\n${changed ? `Next: spark-swarm deploy --context ${contextName}\n` : ''}`;
}

export function formatLeft(left: SwarmLeft, { dryRun }: { readonly dryRun: boolean }): string {
  const out = left.left.length === 0 ? [] : [`${dryRun ? 'Would leave' : 'Left'}: ${left.left.join(', ')}`];
  const removed =
    left.removedEntries.length === 0
      ? []
      : [`${dryRun ? 'Entries that would be removed' : 'Entries removed'}: ${left.removedEntries.join(', ')}`];
  const context = left.contextRemoved ? [dryRun ? 'Its docker context would go' : 'Its docker context is gone'] : [];
  const vms = left.machines.filter((machine) => machine.startsWith('docker-machine/'));
  const next =
    vms.length === 0 || dryRun
      ? []
      : [
          `To remove the machines as well: spark-swarm machines remove ${vms.map((vm) => vm.replace(/^[^/]*\//, '')).join(' ')}`,
        ];
  return `${[`Swarm "${left.name}"`, ...out, ...removed, ...context, ...left.notes, ...next].join('\n')}\n`;
}

/** The heading and, below the table, what is wrong. */
export function formatStatusHead({ name, healthy, context }: SwarmStatus): string {
  const named = name === null ? 'A swarm' : `Swarm "${name}"`;
  return `${named}${context === null ? '' : ` (docker context ${context})`}: ${healthy ? 'healthy' : 'not healthy'}\n`;
}

export function formatFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const lines = findings.flatMap(({ id, severity, subject, problem, proof, fix, page }) => [
    `${severity}: ${subject}: ${problem} [${id}]`,
    `  seen: ${proof}`,
    `  do: ${fix}`,
    `  more: ${page}`,
  ]);
  return `\n${lines.join('\n')}\n`;
}
