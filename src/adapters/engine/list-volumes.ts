import type { EngineApi, RequestOptions } from './engine-api.ts';

/** A volume as the engine lists it. Source: Engine API, `GET /volumes`. */
export interface ListedVolume {
  readonly Name: string;
  readonly CreatedAt: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface ListVolumesOptions extends Pick<RequestOptions, 'signal' | 'timeoutMs'> {
  /** Labels that each of them has: `NAME`, or `NAME=VALUE`. Default: all volumes. */
  readonly label?: readonly string[];
}

/** @throws EngineError, UnreachableError */
export async function listVolumes(
  api: EngineApi,
  { label = [], ...options }: ListVolumesOptions = {},
): Promise<readonly ListedVolume[]> {
  const { Volumes } = await api.get<{ readonly Volumes: readonly ListedVolume[] | null }>('/volumes', {
    query: { filters: { label } },
    ...options,
  });
  return Volumes ?? [];
}
