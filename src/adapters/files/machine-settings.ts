import { readFile } from 'node:fs/promises';

import type { MachineSettings } from '../../cluster/spec.ts';
import { findCaBundle } from '../images/build-context.ts';

const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY'];
/** Never through a proxy: the machine itself, and the cluster's own names. */
const INSIDE = ['localhost', '127.0.0.1', 'master'];

type Env = Readonly<Record<string, string | undefined>>;

/** What containers need of this machine to reach the world: its proxies, and the certificates it was told to trust. */
export async function readMachine(
  env: Env,
): Promise<{ readonly settings: MachineSettings; readonly caBundle: { readonly text: string } | undefined }> {
  const bundle = await findCaBundle(env);
  return {
    settings: { proxies: readProxies(env), hasCaBundle: bundle !== undefined },
    caBundle: bundle && { text: await readFile(bundle.file, 'utf8') },
  };
}

/** In both spellings, because some programs read only one of them. */
function readProxies(env: Env): Readonly<Record<string, string>> {
  const proxies = PROXY_NAMES.flatMap((name) => {
    const value = env[name] ?? env[name.toLowerCase()];
    return value ? [[name, value] as const, [name.toLowerCase(), value] as const] : [];
  });
  if (proxies.length === 0) return {};
  const outside = [...(env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(','), ...INSIDE];
  const list = [...new Set(outside.map((name) => name.trim()).filter((name) => name !== ''))].join(',');
  return Object.fromEntries([...proxies, ['NO_PROXY', list], ['no_proxy', list]]);
}
