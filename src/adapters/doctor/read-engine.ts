import { statfs } from 'node:fs/promises';

import type { EngineReading, SilentEngine } from '../../doctor/machine-reading.ts';
import { ToolkitError, UnreachableError } from '../../errors.ts';
import type { EngineApi } from '../engine/engine-api.ts';

/** An engine that is up answers within a fraction of this, also over ssh. */
const ANSWER_LIMIT_MS = 5000;

/** The parts of `GET /info` that we read. Source: moby `api/swagger.yaml`, v1.41. */
interface RawInfo {
  readonly Driver: string;
  readonly DriverStatus?: readonly (readonly string[])[] | null;
  readonly CgroupVersion?: string;
  readonly MemoryLimit: boolean;
  readonly SecurityOptions?: readonly string[] | null;
  readonly HttpProxy?: string;
  readonly HttpsProxy?: string;
  readonly DockerRootDir: string;
  readonly SystemTime: string;
}

interface RawVersion {
  readonly Version: string;
  readonly ApiVersion: string;
}

/** What an engine says of itself, or why it does not. */
export async function readEngine(
  api: EngineApi,
  { isLocal, signal }: { readonly isLocal: boolean; readonly signal: AbortSignal },
): Promise<EngineReading> {
  const options = { timeoutMs: ANSWER_LIMIT_MS, signal };
  try {
    const version = await api.get<RawVersion>('/version', options);
    // The clock is asked on a connection that is open, so that its way there counts twice and not four times.
    const askedAt = Date.now();
    const info = await api.get<RawInfo>('/info', options).catch((error: unknown) => {
      if (error instanceof UnreachableError && !signal.aborted) return undefined;
      throw error;
    });
    if (!info)
      return { state: 'busy', name: api.name, isLocal, version: version.Version, apiVersion: version.ApiVersion };
    const answeredAt = Date.now();
    return {
      state: 'answers',
      name: api.name,
      isLocal,
      version: version.Version,
      apiVersion: version.ApiVersion,
      storageDriver: info.Driver,
      cgroupVersion: info.CgroupVersion ?? '1',
      hasMemoryLimit: info.MemoryLimit,
      usesContainerdStore: (info.DriverStatus ?? []).some(
        ([key, value]) => key === 'driver-type' && value?.startsWith('io.containerd.'),
      ),
      securityOptions: (info.SecurityOptions ?? []).flatMap((option) => /name=([\w-]+)/.exec(option)?.[1] ?? []),
      hasProxy: Boolean(info.HttpProxy || info.HttpsProxy),
      rootFolder: info.DockerRootDir,
      disk: isLocal ? await readDisk(info.DockerRootDir) : undefined,
      bridgeMtu: await readBridgeMtu(api, signal),
      clockAheadMs: Math.round(Date.parse(info.SystemTime) - (askedAt + answeredAt) / 2),
      clockErrorMs: Math.ceil((answeredAt - askedAt) / 2),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ToolkitError)) throw error;
    return { state: 'silent', name: api.name, isLocal, ...explain(error, api.name) };
  }
}

/** The root folder is root's alone: its file system can be asked all the same, by the folder above. */
async function readDisk(
  folder: string,
): Promise<{ readonly freeBytes: number; readonly totalBytes: number } | undefined> {
  for (const candidate of [folder, folder.replace(/\/[^/]+$/, '') || '/']) {
    const found = await statfs(candidate).catch(() => undefined);
    if (found) return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  }
  return undefined;
}

async function readBridgeMtu(api: EngineApi, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { Options } = await api.get<{ readonly Options?: Readonly<Record<string, string>> | null }>(
      '/networks/bridge',
      { timeoutMs: ANSWER_LIMIT_MS, signal },
    );
    return Number(Options?.['com.docker.network.driver.mtu']) || undefined;
  } catch (error) {
    if (error instanceof ToolkitError) return undefined;
    throw error;
  }
}

function explain(error: ToolkitError, name: string): Pick<SilentEngine, 'why' | 'seen'> {
  const seen = seenOf(error, name);
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { why: 'no socket', seen };
  if (code === 'EACCES') return { why: 'not allowed', seen };
  if (code === 'ECONNREFUSED') return { why: 'refused', seen };
  return { why: /no (?:whole )?answer within/.test(seen) ? 'no answer' : 'other', seen };
}

/** The part of our message that is not the engine's name. */
export function seenOf(error: Error, name: string): string {
  return (error.message.split('\n')[0] ?? '').replace(`The Docker engine at ${name} does not answer: `, '');
}
