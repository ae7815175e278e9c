import type { ContainerPort, EngineContainer } from '../../containers/engine-container.ts';

/** The parts of `GET /containers/{id}/json` that we read. Source: moby api/types ContainerJSON. */
export interface RawContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> | null };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
  };
}

export function parseContainer({ State, Config, NetworkSettings, ...raw }: RawContainer): EngineContainer {
  return {
    id: raw.Id,
    name: raw.Name.replace(/^\//, ''),
    labels: Config.Labels ?? {},
    image: Config.Image,
    state: State.Status,
    exitCode: State.ExitCode,
    isOomKilled: State.OOMKilled,
    error: State.Error,
    restarts: raw.RestartCount,
    createdAt: raw.Created,
    startedAt: State.StartedAt,
    finishedAt: State.FinishedAt,
    ports: Object.entries(NetworkSettings.Ports ?? {}).flatMap(([key, bindings]) => parsePort(key, bindings)),
  };
}

/** `8080/tcp` and what it is bound to. */
function parsePort(key: string, bindings: RawContainer['NetworkSettings']['Ports'][string]): readonly ContainerPort[] {
  // IPv4 and IPv6 may have two free ports; the address that is printed is IPv4's.
  const ipv4 = (bindings ?? []).filter(({ HostIp }) => !HostIp.includes(':'));
  return (ipv4.length > 0 ? ipv4 : (bindings ?? [])).map(({ HostIp, HostPort }) => ({
    targetPort: Number.parseInt(key, 10),
    publishedPort: Number(HostPort),
    hostIp: HostIp,
  }));
}
