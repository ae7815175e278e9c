import type { Shell } from '../adapters/shell/shell.ts';
import type { ContextName, ContextState } from '../swarm/docker-context.ts';
import * as contexts from '../swarm/docker-context.ts';
import type { Skipped } from '../events.ts';
import { labCommand, labObjectName } from './lab-names.ts';

/** The docker context by which `docker --context spark-lab` reaches the lab's manager. */
function labContext(lab: string): ContextName {
  return { name: labObjectName(lab), description: `spark-swarm lab "${lab}"` };
}

export async function readContext(shell: Shell, lab: string, signal: AbortSignal): Promise<ContextState | undefined> {
  return contexts.readContext(shell, labContext(lab), signal);
}

/** @throws ConflictError if a context of the name is not ours */
export function refuseForeignContext(lab: string, context: ContextState | undefined): void {
  contexts.refuseForeignContext(labContext(lab), context, {
    attempt: `set up the lab "${lab}"`,
    otherName: labCommand('up', 'NAME'),
  });
}

export async function writeContext(
  tools: { readonly shell: Shell; readonly signal: AbortSignal },
  lab: string,
  { present, socketPath }: { readonly present: ContextState | undefined; readonly socketPath: string },
): Promise<string | Skipped> {
  return contexts.writeContext(tools, labContext(lab), {
    present,
    access: { host: `unix://${socketPath}`, tls: undefined },
  });
}

export async function removeContext(shell: Shell, lab: string): Promise<void> {
  await contexts.removeContext(shell, labObjectName(lab));
}
