import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { resolveEngineTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { acceptsConnection } from '../adapters/http/fetch-page.ts';
import { readMachineScripts } from '../adapters/machines/machine-scripts.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import type { Report } from '../events.ts';
import type { MachineSource, MachineSourceKind } from '../machines/machine.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { ReachedEngine, SwarmTools } from '../swarm/swarm-wish.ts';
import type { Surroundings } from './connection.ts';
import { chooseKnown, CONNECT_TIMEOUT_MS, listKnownSwarms } from './find-swarm.ts';
import { openMachineSource } from './machine-sources.ts';

export interface SwarmToolsOptions {
  readonly report: Report;
  readonly acceptNewHostKeys?: boolean;
}

const LISTEN_LIMIT_MS = 1500;
const LOCAL_LIMIT_MS = 3000;

/** What swarms are made, read and taken apart with on this machine. */
export async function openSwarmTools(
  { env, projectRoot }: Surroundings,
  { report, acceptNewHostKeys = false }: SwarmToolsOptions,
): Promise<SwarmTools> {
  const shell = new LocalShell();
  const sources = new Map<MachineSourceKind, Promise<MachineSource>>();
  const open = async (kind: MachineSourceKind): Promise<MachineSource> => {
    const opened = sources.get(kind) ?? openMachineSource(kind, { env }, { acceptNewHostKeys, report });
    sources.set(kind, opened);
    return opened;
  };
  return {
    shell,
    scripts: await readMachineScripts(projectRoot),
    openSource: open,
    openContext: async (context) => resolveEngineTarget({ context, env, shell }),
    openLocalEngine: async () => openLocalEngine(shell),
    reachEngines,
    acceptsConnection: async (address, port) => acceptsConnection(address, port, LISTEN_LIMIT_MS),
  };
}

/** The machine's own engine, whatever the current context is. */
async function openLocalEngine(shell: LocalShell): Promise<EngineApi | undefined> {
  const { api } = await resolveEngineTarget({ context: 'default', env: {}, shell });
  try {
    await api.get('/_ping', { timeoutMs: LOCAL_LIMIT_MS });
    return api;
  } catch {
    return undefined;
  }
}

async function reachEngines(manager: EngineApi): Promise<ReadonlyMap<string, ReachedEngine>> {
  const reader = new SwarmReader(manager);
  const nodes = (await reader.client.listNodes()).filter(({ state }) => state === 'ready');
  const found = await Promise.all(
    nodes.map(async (node): Promise<readonly [string, ReachedEngine]> => {
      const { api, error } = await reader.engines.look(node);
      return [node.id, api ? { api } : { failure: error?.message ?? '' }];
    }),
  );
  return new Map(found);
}

/**
 * The engine that a command about a swarm asks: `--context`, else what docker itself would use; where that manages nothing
 * and nobody named it, the swarm that a docker context of ours leads to. Whether its managers have a majority is not asked.
 *
 * @throws UsageError if there are several; NotFoundError (no such context)
 */
export async function openSwarmTarget(
  around: Surroundings,
  { context, report }: { readonly context?: string | undefined; readonly report: Report },
): Promise<EngineTarget> {
  const target = await resolveEngineTarget({ context, env: around.env, shell: new LocalShell() });
  if (target.isExplicit || (await isManager(target.api))) return target;
  const known = await listKnownSwarms(around);
  const swarms = known.filter(({ kind }) => kind === 'swarm');
  const chosen = chooseKnown(swarms.length > 0 ? swarms : known);
  if (!chosen) return target;
  report({ type: 'note', message: `using the ${chosen.kind} "${chosen.name}" (docker context ${chosen.contextName})` });
  return chosen.open();
}

async function isManager(engine: EngineApi): Promise<boolean> {
  return new SwarmReader(engine).client.isManager(CONNECT_TIMEOUT_MS).catch(() => false);
}
