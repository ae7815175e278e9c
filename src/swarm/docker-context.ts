import type { Shell } from '../adapters/shell/shell.ts';
import { CommandError, ConflictError } from '../errors.ts';
import { skipped, type Skipped } from '../events.ts';
import type { EngineAccess } from '../machines/machine.ts';

/** A docker context of ours: Docker keeps no labels on contexts, so its description marks it. */
export interface ContextName {
  readonly name: string;
  readonly description: string;
}

interface InspectedContext {
  readonly Metadata?: { readonly Description?: string };
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
  readonly TLSMaterial?: { readonly docker?: readonly string[] };
}

/** What the context of a name says. */
export interface ContextState {
  readonly isOurs: boolean;
  readonly host: string | undefined;
  readonly hasTls: boolean;
}

/** @returns `undefined` if there is no context of that name */
export async function readContext(
  shell: Shell,
  { name, description }: ContextName,
  signal: AbortSignal,
): Promise<ContextState | undefined> {
  try {
    const { stdout } = await shell.run(['docker', 'context', 'inspect', name, '--format', '{{json .}}'], { signal });
    const { Metadata, Endpoints, TLSMaterial } = JSON.parse(stdout) as InspectedContext;
    return {
      isOurs: Metadata?.Description === description,
      host: Endpoints?.docker?.Host,
      hasTls: (TLSMaterial?.docker ?? []).length > 0,
    };
  } catch (error) {
    if (error instanceof CommandError && /not found|does not exist/.test(error.stderr)) return undefined;
    throw error;
  }
}

/**
 * @param attempt as the message begins: `set up the lab "lab"`
 * @param otherName what to type for another name
 * @throws ConflictError if a context of the name is not ours
 */
export function refuseForeignContext(
  { name }: ContextName,
  context: ContextState | undefined,
  { attempt, otherName }: { readonly attempt: string; readonly otherName: string },
): void {
  if (!context || context.isOurs) return;
  throw new ConflictError(`Cannot ${attempt}: the docker context "${name}" is there and does not belong to it`, {
    hint: `choose another name (${otherName}), or remove it (docker context rm ${name})`,
  });
}

/** Whether the context leads where it shall. */
export function isRightContext(present: ContextState | undefined, access: EngineAccess): boolean {
  return present?.host === access.host && present.hasTls === (access.tls !== undefined);
}

/** Makes or corrects a context. Certificates are copied into it by docker itself. */
export async function writeContext(
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
  { name, description }: ContextName,
  { present, access }: { readonly present: ContextState | undefined; readonly access: EngineAccess },
): Promise<string | Skipped> {
  if (isRightContext(present, access)) return skipped('it is there');
  const { host, tls } = access;
  const endpoint = tls ? `host=${host},ca=${tls.ca},cert=${tls.cert},key=${tls.key}` : `host=${host}`;
  const verb = present ? 'update' : 'create';
  await shell.run(['docker', 'context', verb, name, '--description', description, '--docker', endpoint], { signal });
  return host;
}

/** Removes it, also when it is the current one: then docker falls back to its default. */
export async function removeContext(shell: Shell, name: string): Promise<void> {
  await shell.run(['docker', 'context', 'rm', '--force', name]);
}

interface StoredContext {
  readonly Storage?: { readonly TLSPath?: string };
}

/** Leads a context of ours to another engine; certificates that it holds are kept, because they are the operator's own. */
export async function redirectContext(
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
  context: ContextName,
  { present, host }: { readonly present: ContextState; readonly host: string },
): Promise<void> {
  const { stdout } = await shell.run(['docker', 'context', 'inspect', context.name, '--format', '{{json .}}'], {
    signal,
  });
  const folder = (JSON.parse(stdout) as StoredContext).Storage?.TLSPath;
  const file = (name: string): string => `${folder}/docker/${name}.pem`;
  const tls =
    present.hasTls && folder !== undefined ? { ca: file('ca'), cert: file('cert'), key: file('key') } : undefined;
  await writeContext({ shell, signal }, context, { present, access: { host, tls } });
}
