import type { Shell } from '../adapters/shell/shell.ts';
import { CommandError, ConflictError } from '../errors.ts';
import { skipped, type Skipped } from '../events.ts';
import { labCommand, labObjectName } from './lab-names.ts';

/** Docker keeps no labels on contexts: this description marks ours. */
export function contextDescription(lab: string): string {
  return `spark-swarm lab "${lab}"`;
}

interface InspectedContext {
  readonly Metadata?: { readonly Description?: string };
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
}

/** What a context of the lab's name says; undefined if there is none. */
export interface ContextState {
  readonly isOurs: boolean;
  readonly host: string | undefined;
}

export async function readContext(shell: Shell, lab: string, signal: AbortSignal): Promise<ContextState | undefined> {
  try {
    const { stdout } = await shell.run(['docker', 'context', 'inspect', labObjectName(lab), '--format', '{{json .}}'], {
      signal,
    });
    const { Metadata, Endpoints } = JSON.parse(stdout) as InspectedContext;
    return { isOurs: Metadata?.Description === contextDescription(lab), host: Endpoints?.docker?.Host };
  } catch (error) {
    if (error instanceof CommandError && /not found|does not exist/.test(error.stderr)) return undefined;
    throw error;
  }
}

/** @throws ConflictError if a context of the name is not ours */
export function refuseForeignContext(lab: string, context: ContextState | undefined): void {
  if (!context || context.isOurs) return;
  const name = labObjectName(lab);
  throw new ConflictError(
    `Cannot set up the lab "${lab}": the docker context "${name}" is there and does not belong to it`,
    {
      hint: `choose another name (${labCommand('up', 'NAME')}), or remove it (docker context rm ${name})`,
    },
  );
}

/** Makes or corrects the context by which `docker --context spark-lab` reaches the lab's manager. */
export async function writeContext(
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
  lab: string,
  { present, socketPath }: { readonly present: ContextState | undefined; readonly socketPath: string },
): Promise<string | Skipped> {
  const host = `unix://${socketPath}`;
  if (present?.host === host) return skipped('it is there');
  await shell.run(
    [
      'docker',
      'context',
      present ? 'update' : 'create',
      labObjectName(lab),
      '--description',
      contextDescription(lab),
      '--docker',
      `host=${host}`,
    ],
    { signal },
  );
  return host;
}

/** Removes it, also when it is the current one: then docker falls back to its default. */
export async function removeContext(shell: Shell, lab: string): Promise<void> {
  await shell.run(['docker', 'context', 'rm', '--force', labObjectName(lab)]);
}
