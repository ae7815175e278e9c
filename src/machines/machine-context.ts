import type { Shell } from '../adapters/shell/shell.ts';
import { CommandError } from '../errors.ts';

/**
 * The docker context by which this machine knows a host that was imported: `spark-machine-web1`. In a context's name there is
 * no colon.
 */
export function machineContextName(machine: string): string {
  return `spark-machine-${machine.replaceAll(/[:%]/g, '-')}`;
}

/** Docker keeps no labels on contexts: this description marks ours. */
export function machineContextDescription(machine: string): string {
  return `spark-swarm machine "${machine}"`;
}

/** The machine whose context has this description; `undefined` if it is not one of ours. */
export function readMachineName(description: string): string | undefined {
  return /^spark-swarm machine "([^"]+)"$/.exec(description)?.[1];
}

/** The swarm or lab whose context has this description; `undefined` if it is not one of ours. */
export function readSwarmName(description: string): string | undefined {
  return /^spark-swarm (?:swarm|lab) "([a-z][a-z0-9-]*)"$/.exec(description)?.[1];
}

/** A docker context, as docker lists it. */
export interface ListedContext {
  readonly name: string;
  readonly description: string;
  /** DOCKER_HOST value. */
  readonly host: string;
}

/** The contexts of this user; none where there is no docker command line. Asks no engine. */
export async function listDockerContexts(shell: Shell, signal: AbortSignal): Promise<readonly ListedContext[]> {
  try {
    const { stdout } = await shell.run(['docker', 'context', 'ls', '--format', '{{json .}}'], { signal });
    return stdout
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as { Name: string; Description: string; DockerEndpoint: string })
      .map(({ Name, Description, DockerEndpoint }) => ({ name: Name, description: Description, host: DockerEndpoint }));
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}
