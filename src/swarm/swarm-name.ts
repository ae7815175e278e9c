import { UsageError } from '../errors.ts';

export const DEFAULT_SWARM = 'swarm';

/**
 * The name of a swarm: 2 to 20 characters, so that its docker context reads well.
 *
 * @throws UsageError
 */
export function parseSwarmName(text: string, field: string): string {
  if (/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/.test(text)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected 2 to 20 lower-case letters, digits and dashes, beginning with a letter`,
  );
}

/** Name of a swarm's docker context: `spark-swarm`. */
export function swarmContextName(name: string): string {
  return `spark-${name}`;
}

/** Docker keeps no labels on contexts: this description marks ours. */
export function swarmContextDescription(name: string): string {
  return `spark-swarm swarm "${name}"`;
}

/** The swarm whose context has this description; `undefined` if it is not one of ours. */
export function readSwarmContextName(description: string): string | undefined {
  return /^spark-swarm swarm "([a-z][a-z0-9-]*)"$/.exec(description)?.[1];
}

type SwarmVerb = 'create' | 'join' | 'leave' | 'status';

/** The command that does something to the swarm, as a hint says it. */
export function swarmCommand(verb: SwarmVerb, name: string, ...words: readonly string[]): string {
  const place = verb === 'create' ? (name === DEFAULT_SWARM ? [] : [`--name ${name}`]) : [`--context spark-${name}`];
  return ['spark-swarm swarm', verb, ...place, ...words].join(' ');
}
