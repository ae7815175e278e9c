import { UsageError } from '../errors.ts';
import type { SwarmNode } from './swarm-state.ts';

/**
 * One placement constraint of Docker's.
 *
 * Shape: `node.role==worker`, `node.labels.disk!=hdd`. Keys: `node.{id,hostname,role}`, `node.labels.<key>`,
 * `node.platform.{os,arch}`, `engine.labels.<key>`. Source: swarmkit manager/constraint/constraint.go.
 */
const CONSTRAINT =
  /^\s*(node\.(?:id|hostname|role|ip|platform\.os|platform\.arch|labels\.[\w.-]+)|engine\.labels\.[\w.-]+)\s*(==|!=)\s*([\w.:/-]+)\s*$/;

/** @throws UsageError if it is not a constraint: Docker would accept an unknown key, and match nothing */
export function parseConstraint(text: string): string {
  if (CONSTRAINT.test(text)) return text.replaceAll(/\s+/g, '');
  throw new UsageError(
    `--constraint: got ${JSON.stringify(text)}; expected one like node.labels.disk==ssd or node.hostname!=n1`,
  );
}

/** True if the node meets all constraints, as far as they can be told from here; Docker decides about the rest. */
export function matchesConstraints(constraints: readonly string[], node: SwarmNode): boolean {
  return constraints.every((constraint) => {
    const match = CONSTRAINT.exec(constraint);
    const actual = match?.[1] === undefined ? undefined : readKey(match[1], node);
    if (!match || actual === undefined) return true;
    const isEqual = actual.toLowerCase() === (match[3] ?? '').toLowerCase();
    return match[2] === '==' ? isEqual : !isEqual;
  });
}

function readKey(key: string, node: SwarmNode): string | undefined {
  if (key === 'node.id') return node.id;
  if (key === 'node.hostname') return node.hostname;
  if (key === 'node.role') return node.role;
  if (key.startsWith('node.labels.')) return node.labels[key.slice('node.labels.'.length)] ?? '';
  return undefined;
}
