import type { TestCluster } from '../../helpers/cluster.ts';
import type { Outcome } from '../../helpers/lab-command.ts';
import { theEngine } from '../../helpers/lab-tests.ts';
import { waitFor } from '../../helpers/wait-for.ts';

export const SERVICE = 'bin/spark-container-service.sh';
const SMALL = ['--worker-memory', '1280m', '--master-memory', '1792m', '--port', 'master=0', '--port', 'ui=0'];

export const old = (): TestCluster => theEngine().cluster('old');
export const beside = (): TestCluster => theEngine().cluster('beside');
export const notebookImage = (): string => `${theEngine().image}-notebook`;

export async function service(verb: string, cluster: TestCluster, ...flags: readonly string[]): Promise<Outcome> {
  return theEngine().run(SERVICE, [verb, '--name', cluster.name, ...flags]);
}

export function startFlags({ name }: TestCluster, ...flags: readonly string[]): readonly string[] {
  const { image, data } = theEngine();
  return ['start', '--name', name, '--image', image, '--data', data, ...SMALL, ...flags];
}

export interface Inspected {
  readonly Id: string;
  readonly State: { readonly ExitCode: number; readonly StartedAt: string; readonly Status: string };
  readonly HostConfig: { readonly Memory: number };
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, readonly object[] | null>> };
}

export async function inspect(cluster: TestCluster, displayName: string): Promise<Inspected> {
  const { containerId } = await cluster.find(displayName);
  return theEngine().manager.api.get<Inspected>(`/containers/${containerId}/json`);
}

export async function addressOf(cluster: TestCluster, endpoint: string): Promise<string> {
  return waitFor(`${cluster.name} to have a ${endpoint} that answers`, {
    read: async () => (await cluster.status()).endpoints.find(({ name }) => name === endpoint)?.address ?? '',
    until: (address) => address !== '',
  });
}

export const WORKERS = ['worker-1', 'worker-2', 'worker-3'];
