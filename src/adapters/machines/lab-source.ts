import { NotFoundError, UnreachableError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { LABELS } from '../../labels.ts';
import { LAB_LABELS, nodeHostname } from '../../lab/lab-names.ts';
import type { KnownMachine, Machine, MachineSource } from '../../machines/machine.ts';
import { EngineApi } from '../engine/engine-api.ts';
import { resolveEngineTarget, socketTarget, type EngineTarget } from '../engine/engine-target.ts';
import { currentRuntimeFolder, findLabs } from '../labs/find-labs.ts';
import { LocalShell } from '../shell/local-shell.ts';
import { LabShell } from './lab-shell.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const ANSWER_LIMIT_MS = 3000;
const LOCAL_SOCKET = '/var/run/docker.sock';

/** The nodes of the labs on this machine: found by their labels, entered by their containers. */
export function openLabSource({ env }: { readonly env: Environment; readonly report: Report }): MachineSource {
  return {
    kind: 'lab',
    maker: undefined,
    list: async (signal) => (await listNodes(env, signal)).nodes.map(toKnown),
    open: async (reference, signal) => openNode(reference, env, signal),
  };
}

interface LabNode {
  /** Its host name: `lab-2`. */
  readonly name: string;
  readonly containerId: string;
  readonly socketPath: string | undefined;
}

interface ContainerSummary {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mounts: readonly { readonly Destination: string; readonly Source: string }[];
}

async function listNodes(
  env: Environment,
  signal: AbortSignal,
): Promise<{ readonly outer: EngineTarget; readonly nodes: readonly LabNode[] }> {
  const outer = await findOuter(env);
  const containers = await outer.api
    .get<readonly ContainerSummary[]>('/containers/json', {
      query: { all: true, filters: { label: [LABELS.lab, LAB_LABELS.node] } },
      timeoutMs: ANSWER_LIMIT_MS,
      signal,
    })
    .catch((error: unknown) => {
      // A machine that has no engine has no lab either.
      if (error instanceof UnreachableError && findLabs(env).length === 0) return [];
      throw error;
    })
    .finally(() => outer.api.close());
  const nodes = containers
    .map(({ Id, Labels, Mounts }) => ({
      name: nodeHostname(Labels[LABELS.lab] ?? '', Number(Labels[LAB_LABELS.node])),
      containerId: Id,
      socketPath: Mounts.find(({ Destination }) => Destination === '/run/node')?.Source,
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return { outer, nodes };
}

/** The engine of this machine that labs are in: never a lab's own, never one that is elsewhere. */
async function findOuter(env: Environment): Promise<EngineTarget> {
  const named = await resolveEngineTarget({ context: undefined, env, shell: new LocalShell() }).catch(() => undefined);
  const endpoint = named?.api.endpoint;
  const isHere = endpoint?.kind === 'unix' && !endpoint.socketPath.startsWith(`${currentRuntimeFolder(env)}/`);
  return named && isHere ? named : socketTarget(LOCAL_SOCKET);
}

function toKnown({ name, socketPath }: LabNode): KnownMachine {
  return {
    name,
    source: 'lab',
    reference: name,
    engineHost: socketPath === undefined ? undefined : `unix://${socketPath}/docker.sock`,
    driver: undefined,
    isOurs: true,
  };
}

async function openNode(reference: string, env: Environment, signal: AbortSignal): Promise<Machine> {
  const { outer, nodes } = await listNodes(env, signal);
  const node = nodes.find(({ name }) => name === reference);
  if (!node?.socketPath) {
    const names = nodes.map(({ name }) => name).join(', ');
    throw new NotFoundError(`No node named "${reference}" in the labs of this machine`, {
      hint: names === '' ? 'spark-swarm lab up makes a lab' : `there are ${names}`,
    });
  }
  const socketPath = `${node.socketPath}/docker.sock`;
  const host = `unix://${socketPath}`;
  const engine = new EngineApi({ kind: 'unix', socketPath }, `node ${reference} (${host})`);
  return {
    name: reference,
    source: 'lab',
    reference,
    access: { host, tls: undefined },
    shell: new LabShell({ node: reference, containerId: node.containerId, dockerEnv: outer.dockerEnv }),
    engine,
    async [Symbol.asyncDispose]() {
      engine.close();
    },
  };
}
