import { UsageError } from '../errors.ts';

export const DEFAULT_CLUSTER_NAME = 'spark';

const RESERVED = new Set(['default', 'ingress', 'host', 'bridge', 'none', 'docker']);

/**
 * A name that is good as a stack name, a DNS label and part of a container name.
 *
 * Shape: 1 to 32 of a-z, 0-9 and `-`, a letter first, no `-` at the end. Swarm allows a service 63 characters, prefix included.
 *
 * @throws UsageError naming the field and the text
 */
export function parseClusterName(text: string, field = '--name'): string {
  if (RESERVED.has(text))
    throw new UsageError(`${field}: ${JSON.stringify(text)} is a name of Docker's own; choose another`);
  if (/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter`,
  );
}
