import { skipped, runSteps, type FlowStep } from '../events.ts';
import { presentDataFolder } from './data-folder.ts';
import { readContext, removeContext } from './lab-context.ts';
import type { LabRun, LabTools } from './lab-machine.ts';
import { DEFAULT_LAB, labCommand, labObjectName } from './lab-names.ts';
import { findLab, listOuterObjects, type LabState } from './lab-state.ts';
import { refuseOtherOwner } from './plan-lab.ts';
import { removeContainer } from './start-nodes.ts';
import { EngineError, NotFoundError } from '../errors.ts';

export interface DownLabOptions {
  /** Default `lab`. */
  readonly name?: string;
  /** Also removes the nodes' volumes: images, swarm state and all data in them. */
  readonly volumes?: boolean;
}

export interface LabDown {
  readonly name: string;
  /** False when there was no such lab. */
  readonly removed: boolean;
  /** Names of the volumes that stay. */
  readonly keptVolumes: readonly string[];
  /** The folder that the nodes shared, if the next `lab up` does not take it by itself: it stays, with all that is in it. */
  readonly data: string | undefined;
}

/** Time a node's engine has to end its containers, seconds; only when its volume is to be used again. */
const STOP_LIMIT_S = 15;

/**
 * Removes the lab's nodes, network, context and sockets; what does not carry its label stays.
 *
 * @throws ConflictError where another user or command has the lab
 */
export async function downLab(options: DownLabOptions, tools: LabTools, { report, signal }: LabRun): Promise<LabDown> {
  const name = options.name ?? DEFAULT_LAB;
  const removesVolumes = options.volumes ?? false;
  await using _lock = await tools.machine.lock(name);
  const [objects, context] = await Promise.all([
    listOuterObjects(tools.outer.api, signal),
    readContext(tools.shell, name, signal),
  ]);
  const state = findLab(name, objects);
  refuseOtherOwner(name, state, { machine: tools.machine, hint: 'run this as that user, in a session like theirs' });
  const hasContext = context?.isOurs ?? false;
  const keptVolumes = removesVolumes ? [] : state.volumes.map((volume) => volume.name);
  const isThere =
    state.network !== undefined ||
    state.containers.length > 0 ||
    hasContext ||
    (removesVolumes && state.volumes.length > 0);
  if (!isThere) {
    await tools.machine.removeSocketFolders(name);
    return { name, removed: false, keptVolumes, data: undefined };
  }
  await runSteps(downSteps(name, { state, hasContext, removesVolumes, tools }), report, signal);
  return { name, removed: true, keptVolumes, data: await otherThanDefault(presentDataFolder(state.containers), tools) };
}

async function otherThanDefault(
  folder: string | undefined,
  { machine, defaultDataFolder }: LabTools,
): Promise<string | undefined> {
  const byDefault = await machine.findFolder(defaultDataFolder);
  return byDefault.kind === 'folder' && byDefault.path === folder ? undefined : folder;
}

interface DownPlan {
  readonly state: LabState;
  readonly hasContext: boolean;
  readonly removesVolumes: boolean;
  readonly tools: LabTools;
}

function downSteps(name: string, { state, hasContext, removesVolumes, tools }: DownPlan): readonly FlowStep[] {
  const { network, containers, volumes } = state;
  const engine = tools.outer.api;
  return [
    {
      id: 'nodes',
      title: containers.length === 1 ? 'Remove 1 node' : `Remove ${containers.length} nodes`,
      async run({ signal }) {
        if (containers.length === 0) return skipped('there are none');
        await Promise.all(
          containers.map(async ({ id, state: containerState }) => {
            // A killed engine may leave half-written images behind; in a volume that goes too, that is no loss.
            if (!removesVolumes && containerState === 'running') await stopContainer(tools, id, signal);
            await removeContainer(engine, id);
          }),
        );
        return containers.map((container) => container.name).join(', ');
      },
    },
    {
      id: 'network',
      title: `Remove the network ${labObjectName(name)}`,
      async run({ signal }) {
        if (!network) return skipped('there is none');
        await engine.delete(`/networks/${network.id}`, { signal }).catch(ignoreMissing);
        return undefined;
      },
    },
    {
      id: 'context',
      title: `Remove the docker context ${labObjectName(name)}`,
      async run() {
        if (!hasContext) return skipped('there is none');
        await removeContext(tools.shell, name);
        return undefined;
      },
    },
    {
      id: 'volumes',
      title: volumes.length === 1 ? 'Remove 1 volume' : `Remove ${volumes.length} volumes`,
      async run({ signal }) {
        if (volumes.length === 0) return skipped('there are none');
        if (!removesVolumes) return skipped(`kept; ${labCommand('down', name, '--volumes')} removes them`);
        await Promise.all(
          volumes.map(async (volume) =>
            engine.delete(`/volumes/${volume.name}`, { signal, timeoutMs: 120_000 }).catch(ignoreMissing),
          ),
        );
        return volumes.map((volume) => volume.name).join(', ');
      },
    },
    {
      id: 'sockets',
      title: "Remove the nodes' sockets",
      async run() {
        await tools.machine.removeSocketFolders(name);
      },
    },
  ];
}

async function stopContainer({ outer }: LabTools, id: string, signal: AbortSignal): Promise<void> {
  try {
    await outer.api.post(`/containers/${id}/stop`, {
      query: { t: STOP_LIMIT_S },
      signal,
      timeoutMs: (STOP_LIMIT_S + 15) * 1000,
    });
  } catch (error) {
    // Stopping is a courtesy; the removal that follows kills.
    if (!(error instanceof EngineError) && !(error instanceof NotFoundError)) throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof NotFoundError)) throw error;
}
