import { randomBytes } from 'node:crypto';

import type { ClusterSpec } from '../../cluster/spec.ts';
import { ConflictError, InvalidStateError } from '../../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import type { StackChange } from '../../stack/plan-stack.ts';
import { nameObjects } from '../../stack/resolve-stack.ts';
import type { CaBundle } from '../local-folders.ts';
import type { SwarmReader } from './swarm-reader.ts';

type ObjectChange = Extract<StackChange, { readonly action: 'createSecret' | 'createConfig' }>;

/** Secrets and configs that the stack names and that are not there yet. */
export async function planObjects(
  { name, notebook, machine }: Pick<ClusterSpec, 'name' | 'notebook' | 'machine'>,
  reader: SwarmReader,
): Promise<readonly ObjectChange[]> {
  const names = nameObjects(name);
  const wanted: readonly ObjectChange[] = [
    { action: 'createSecret', name: names.auth },
    ...(notebook ? [{ action: 'createSecret', name: names.token } as const] : []),
    ...(machine.hasCaBundle ? [{ action: 'createConfig', name: names.caBundle } as const] : []),
  ];
  const present = await listOurs(name, reader);
  return wanted.filter((change) => !present.has(change.name));
}

/** @throws ConflictError if an object of this name is there and is not ours */
export async function createObject(
  cluster: string,
  change: ObjectChange,
  { reader, caBundle }: { readonly reader: SwarmReader; readonly caBundle: CaBundle | undefined },
): Promise<void> {
  const kind = change.action === 'createSecret' ? 'secrets' : 'configs';
  const isCreated = await reader.client.createObject(kind, {
    name: change.name,
    labels: { [LABELS.cluster]: cluster, [STACK_NAMESPACE_LABEL]: cluster },
    data: change.action === 'createSecret' ? randomBytes(32).toString('hex') : certificates(cluster, caBundle),
  });
  if (isCreated || (await listOurs(cluster, reader)).has(change.name)) return;
  throw new ConflictError(
    `Cannot create the ${kind === 'secrets' ? 'secret' : 'config'} ${change.name}: one of this name is there and is not ours`,
    { hint: 'choose another --name' },
  );
}

function certificates(cluster: string, caBundle: CaBundle | undefined): string {
  if (caBundle) return caBundle.text;
  throw new InvalidStateError(
    `The cluster "${cluster}" was made with certificates of a machine, and this one has none to put in their place`,
    { hint: 'let SSL_CERT_FILE name a bundle of certificates' },
  );
}

async function listOurs(cluster: string, reader: SwarmReader): Promise<ReadonlySet<string>> {
  const label = `${LABELS.cluster}=${cluster}`;
  const [secrets, configs] = await Promise.all([
    reader.client.listObjects('secrets', [label]),
    reader.client.listObjects('configs', [label]),
  ]);
  return new Set([...secrets, ...configs].map(({ name }) => name));
}
