import type { Cluster } from '../cluster/cluster.ts';
import { listEndpoints, type Endpoint } from '../cluster/endpoints.ts';
import type { OperationContext } from './operation.ts';

export interface ProbedEndpoints {
  readonly answering: readonly Endpoint[];
  readonly silent: readonly Endpoint[];
}

const PROBE_TIMEOUT_MS = 2000;

/** Tries every address of a cluster from here: only those that answer are worth printing. */
export async function probeEndpoints(
  { network }: Pick<OperationContext, 'network'>,
  cluster: Cluster,
): Promise<ProbedEndpoints> {
  const tried = await Promise.all(
    listEndpoints(cluster).map(async (endpoint) => ({
      endpoint,
      answers:
        endpoint.probe === undefined ||
        (await network.acceptsConnection(endpoint.probe.host, endpoint.probe.port, PROBE_TIMEOUT_MS)),
    })),
  );
  return {
    answering: tried.filter(({ answers }) => answers).map(({ endpoint }) => endpoint),
    silent: tried.filter(({ answers }) => !answers).map(({ endpoint }) => endpoint),
  };
}
