import { findHistory, findMaster, findNotebook, type Cluster, type ClusterContainer } from './cluster.ts';
import { CONTAINER_PORTS } from './spec.ts';

/** One address for people, in the order in which they are printed (design §3). */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  /** Where it is tried; `undefined` for a path inside the cluster. */
  readonly probe: { readonly host: string; readonly port: number } | undefined;
}

/** The addresses of a cluster, from containers that run; not yet tried. */
export function listEndpoints(cluster: Cluster): readonly Endpoint[] {
  const master = findMaster(cluster);
  const host = master?.isRunning ? master.address : undefined;
  const published = (port: number): number | undefined =>
    host === undefined ? undefined : master?.publishedPorts[port];
  const masterPort = published(CONTAINER_PORTS.master);
  const uiPort = published(CONTAINER_PORTS.ui);
  return [
    ...(host !== undefined && masterPort !== undefined
      ? [
          {
            name: 'spark master',
            address: `spark://${formatHost(host)}:${masterPort}`,
            probe: { host, port: masterPort },
          },
        ]
      : []),
    ...(host !== undefined && uiPort !== undefined
      ? [{ name: 'master web UI', address: `http://${formatHost(host)}:${uiPort}`, probe: { host, port: uiPort } }]
      : []),
    ...jupyterEndpoint(findNotebook(cluster)),
    ...historyEndpoint(findHistory(cluster)),
    ...(cluster.remembered?.data?.here === undefined
      ? []
      : [{ name: 'data (here)', address: cluster.remembered.data.here, probe: undefined }]),
    { name: 'data (cluster)', address: '/data', probe: undefined },
  ];
}

/** Name of the notebook's line; its address hides the token, which is for those who ask for it. */
export const JUPYTER = 'jupyter';

function jupyterEndpoint(notebook: ClusterContainer | undefined): readonly Endpoint[] {
  const host = notebook?.isRunning ? notebook.address : undefined;
  const port = notebook?.publishedPorts[CONTAINER_PORTS.jupyter];
  if (host === undefined || port === undefined) return [];
  return [{ name: JUPYTER, address: `http://${formatHost(host)}:${port}/lab?token=***`, probe: { host, port } }];
}

function historyEndpoint(history: ClusterContainer | undefined): readonly Endpoint[] {
  const host = history?.isRunning ? history.address : undefined;
  const port = history?.publishedPorts[CONTAINER_PORTS.history];
  if (host === undefined || port === undefined) return [];
  return [{ name: 'history', address: `http://${formatHost(host)}:${port}`, probe: { host, port } }];
}

/** As it stands in an address: IPv6 in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

const LABEL_WIDTH = 17;

/** The block that deploy, start and status print: whole labels, one address a line. */
export function formatEndpoints(endpoints: readonly Pick<Endpoint, 'name' | 'address'>[]): string {
  return endpoints.map(({ name, address }) => `${name.padEnd(LABEL_WIDTH)}${address}\n`).join('');
}
