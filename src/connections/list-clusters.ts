import { resolveEngineTarget, socketTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import type { Shell } from '../adapters/shell/shell.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandError, ToolkitError } from '../errors.ts';
import type { Report } from '../events.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import { createContainerReader, type Surroundings } from './connection.ts';

export interface ListedCluster {
  readonly cluster: Cluster;
  /** Docker context through which it was found. */
  readonly context: string;
}

const TIMEOUT_MS = 3000;

/**
 * Every cluster on both platforms of the engine that is named, by `context` or in the environment; without one, of all docker
 * contexts and all labs of this machine. An engine that does not answer is said, and the others are listed.
 *
 * @throws UnreachableError if the one engine that is named does not answer
 */
export async function listAllClusters(
  around: Surroundings,
  { context, report }: { readonly context?: string | undefined; readonly report: Report },
): Promise<readonly ListedCluster[]> {
  const shell = new LocalShell();
  const isNamed = context !== undefined || around.env['DOCKER_HOST'] || around.env['DOCKER_CONTEXT'];
  if (isNamed) return listEngine(around, await resolveEngineTarget({ context, env: around.env, shell }));
  return listEngines(around, await findTargets(around, shell, report), report);
}

/** Those of several engines; one that does not answer is said. */
export async function listEngines(
  around: Surroundings,
  targets: readonly EngineTarget[],
  report: Report,
): Promise<readonly ListedCluster[]> {
  const found = await Promise.all(
    targets.map(async (target) =>
      listEngine(around, target).catch((error: unknown) => {
        if (!(error instanceof ToolkitError)) throw error;
        report({ type: 'warning', message: error.message });
        return [];
      }),
    ),
  );
  return unique(found.flat());
}

/** One target for each engine, whatever the number of its contexts. */
async function findTargets({ env }: Surroundings, shell: Shell, report: Report): Promise<readonly EngineTarget[]> {
  const names = await listContexts(shell);
  const targets = await Promise.all(
    ['default', ...names].map(async (name) =>
      resolveEngineTarget({ context: name, env: {}, shell }).catch((error: unknown) => {
        if (!(error instanceof ToolkitError)) throw error;
        report({ type: 'warning', message: error.message });
        return undefined;
      }),
    ),
  );
  const labs = findLabs(env).map((lab) => socketTarget(lab.managerSocket, lab.contextName));
  const byEngine = new Map<string, EngineTarget>();
  for (const target of [...targets, ...labs]) {
    const key = target && JSON.stringify(target.api.endpoint);
    if (target && key !== undefined && !byEngine.has(key)) byEngine.set(key, target);
  }
  return [...byEngine.values()];
}

/** Names of docker's contexts; none where there is no docker command line. */
async function listContexts(shell: Shell): Promise<readonly string[]> {
  try {
    const { stdout } = await shell.run(['docker', 'context', 'ls', '--format', '{{.Name}}']);
    return stdout.split('\n').filter((name) => name !== '' && name !== 'default');
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

async function listEngine(around: Surroundings, target: EngineTarget): Promise<readonly ListedCluster[]> {
  const swarm = new SwarmReader(target.api);
  const isManager = await swarm.client.isManager(TIMEOUT_MS);
  const found = await Promise.all([
    createContainerReader(around, target).listClusters(),
    isManager ? swarm.listClusters() : [],
  ]);
  return found.flat().map((cluster) => ({ cluster, context: target.contextName ?? target.api.name }));
}

/** Two contexts may lead to two managers of one swarm. */
function unique(listed: readonly ListedCluster[]): readonly ListedCluster[] {
  // A worker that is missing has no id of its own.
  const idOf = ({ cluster: { name, containers }, context }: ListedCluster): string =>
    containers.find(({ state }) => state !== 'missing')?.id ?? `${name} at ${context}`;
  const byContainers = new Map(listed.toReversed().map((found) => [`${found.cluster.platform} ${idOf(found)}`, found]));
  return [...byContainers.values()].toSorted((a, b) => (a.cluster.name < b.cluster.name ? -1 : 1));
}
