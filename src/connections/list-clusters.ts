import { answerLimitMs } from '../adapters/engine/answer-limit.ts';
import { resolveEngineTarget, socketTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import type { Shell } from '../adapters/shell/shell.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandError, ToolkitError, UnreachableError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import type { Report } from '../events.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import { createContainerReader, type Surroundings } from './connection.ts';

export interface ListedCluster {
  readonly cluster: Cluster;
  /** Docker context through which it was found. */
  readonly context: string;
  /** The engine on which it was found. */
  readonly target: EngineTarget;
}

/** What several engines have said. */
export interface AskedEngines {
  /** By name, each once. */
  readonly clusters: readonly ListedCluster[];
  /** Swarms of ours that these engines manage, also those without a cluster. */
  readonly swarms: readonly FoundSwarm[];
  /** Why others could not be asked: no answer, or credentials that are missing or refused. */
  readonly failures: readonly ToolkitError[];
  /** Docker contexts whose engines could not be asked. */
  readonly silentContexts: readonly string[];
  /** How many answered. */
  readonly answered: number;
}

export interface FoundSwarm {
  /** As `swarm create` was told it. */
  readonly name: string;
  readonly target: EngineTarget;
}

const TIMEOUT_MS = 3000;
/** For everything that one engine is asked. */
const WHOLE_TIMEOUT_MS = 30_000;

/**
 * Every cluster on both platforms of the engine that is named, by `context` or in the environment; without one, of all docker
 * contexts and all labs of this machine. An engine that does not answer is said, and the others are listed.
 *
 * @throws UnreachableError if the one engine that is named does not answer
 */
export async function listAllClusters(
  around: Surroundings,
  options: { readonly context?: string | undefined; readonly report: Report },
): Promise<readonly ListedCluster[]> {
  return (await askAllEngines(around, options)).clusters;
}

/** The same, with the swarms, and with what could not be asked. */
export async function askAllEngines(
  around: Surroundings,
  { context, report }: { readonly context?: string | undefined; readonly report: Report },
): Promise<AskedEngines> {
  const shell = new LocalShell();
  const isNamed = context !== undefined || around.env['DOCKER_HOST'] || around.env['DOCKER_CONTEXT'];
  if (isNamed) {
    const answer = await askEngine(around, await resolveEngineTarget({ context, env: around.env, shell }));
    return { ...answer, failures: [], silentContexts: [], answered: 1 };
  }
  const { targets, failures, silentContexts } = await findTargets(around, shell, report);
  const asked = await askEngines(around, targets, report);
  return {
    ...asked,
    failures: [...failures, ...asked.failures],
    silentContexts: [...silentContexts, ...asked.silentContexts],
  };
}

/** Those of several engines; one that does not answer is said. */
export async function listEngines(
  around: Surroundings,
  targets: readonly EngineTarget[],
  report: Report,
): Promise<readonly ListedCluster[]> {
  return (await askEngines(around, targets, report)).clusters;
}

async function askEngines(
  around: Surroundings,
  targets: readonly EngineTarget[],
  report: Report,
): Promise<AskedEngines> {
  const asked = await Promise.all(
    targets.map(async (target) =>
      askEngine(around, target).catch((error: unknown) => {
        if (!(error instanceof ToolkitError)) throw error;
        report({ type: 'warning', message: error.message });
        return error;
      }),
    ),
  );
  const failures = asked.filter((answer) => answer instanceof ToolkitError);
  const answers = asked.flatMap((answer) => (answer instanceof ToolkitError ? [] : [answer]));
  return {
    clusters: unique(answers.flatMap(({ clusters }) => clusters)),
    swarms: answers.flatMap(({ swarms }) => swarms),
    failures,
    silentContexts: asked.flatMap((answer, index) =>
      answer instanceof ToolkitError ? (targets[index]?.contextName ?? []) : [],
    ),
    answered: answers.length,
  };
}

/** One target for each engine, whatever the number of its contexts. */
async function findTargets(
  { env }: Surroundings,
  shell: Shell,
  report: Report,
): Promise<Pick<AskedEngines, 'failures' | 'silentContexts'> & { readonly targets: readonly EngineTarget[] }> {
  const failures: ToolkitError[] = [];
  const silentContexts: string[] = [];
  const names = await listContexts(shell);
  const targets = await Promise.all(
    ['default', ...names].map(async (name) =>
      resolveEngineTarget({ context: name, env: {}, shell }).catch((error: unknown) => {
        if (!(error instanceof ToolkitError)) throw error;
        report({ type: 'warning', message: error.message });
        failures.push(error);
        silentContexts.push(name);
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
  return { targets: [...byEngine.values()], failures, silentContexts };
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

type EngineAnswer = Pick<AskedEngines, 'clusters' | 'swarms'>;

/** @throws UnreachableError in time, whatever of the engine hangs */
async function askEngine(around: Surroundings, target: EngineTarget): Promise<EngineAnswer> {
  const swarm = new SwarmReader(target.api);
  const isManager = await swarm.client.isManager(answerLimitMs(target.api, TIMEOUT_MS));
  const context = target.contextName ?? target.api.name;
  const answer = async (): Promise<EngineAnswer> => {
    const [inContainers, onSwarm, name] = await Promise.all([
      createContainerReader(around, target).listClusters(),
      isManager ? swarm.listClusters() : [],
      isManager ? readSwarmName(target) : undefined,
    ]);
    return {
      clusters: [...inContainers, ...onSwarm].map((cluster) => ({ cluster, context, target })),
      swarms: name === undefined ? [] : [{ name, target }],
    };
  };
  return within(WHOLE_TIMEOUT_MS, answer(), target);
}

/** The name that `swarm create` has given it; `undefined` for somebody else's. */
async function readSwarmName({ api }: EngineTarget): Promise<string | undefined> {
  const { Spec } = await api.get<{ readonly Spec?: { readonly Labels?: Readonly<Record<string, string>> } }>('/swarm');
  return Spec?.Labels?.[LABELS.swarm];
}

async function within<T>(limitMs: number, work: Promise<T>, { api }: EngineTarget): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new UnreachableError(`The Docker engine at ${api.name} does not answer: not all within ${limitMs / 1000} s`),
        ),
      limitMs,
    );
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** Two contexts may lead to two managers of one swarm. */
function unique(listed: readonly ListedCluster[]): readonly ListedCluster[] {
  // A worker that is missing has no id of its own.
  const idOf = ({ cluster: { name, containers }, context }: ListedCluster): string =>
    containers.find(({ state }) => state !== 'missing')?.id ?? `${name} at ${context}`;
  const byContainers = new Map(listed.toReversed().map((found) => [`${found.cluster.platform} ${idOf(found)}`, found]));
  return [...byContainers.values()].toSorted((a, b) => (a.cluster.name < b.cluster.name ? -1 : 1));
}
