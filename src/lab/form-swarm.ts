import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { InvalidStateError } from '../errors.ts';
import { skipped, type Skipped, type StepContext } from '../events.ts';
import { beginSwarm, bringIn, readFormed, type FormNode, type FormRun } from '../swarm/form-swarm.ts';
import { listMembers, readNodeInfo, updateMember, type NodeInfo } from '../swarm/members.ts';
import { waitUntilReady } from '../swarm/membership-calls.ts';
import { SWARM_ADDRESS_POOL } from './node-container.ts';
import { findGhosts, nodeLabels } from './swarm-plan.ts';

export interface LabNode {
  readonly node: number;
  readonly hostname: string;
  /** Where the node is in the lab's network. */
  readonly address: string;
  readonly engine: EngineApi;
  readonly socketPath: string;
}

export interface SwarmRun {
  readonly lab: string;
  readonly context: string;
  /** The first is the manager. */
  readonly nodes: readonly LabNode[];
  readonly mtu: number;
  /** The outer engine's id: the nodes share its memory. */
  readonly host: string;
  /** Folder on this machine that all nodes share. */
  readonly dataFolder: string;
  /** What to type to take the lab down with its volumes. */
  readonly renewal: string;
}

/** One swarm of all nodes, each ready and labelled. Keeps what is right, repairs what is not. */
export async function formSwarm(run: SwarmRun, step: StepContext): Promise<string | Skipped> {
  const { progress, signal } = step;
  const nodes = run.nodes.map((node) => formNode(run, node));
  const [first, ...others] = nodes;
  if (!first) return skipped('no nodes');
  const changes: string[] = [];
  const form = formRun(run);

  const began = await beginSwarm(form, first, step);
  if (began !== 'keep') changes.push(began === 'init' ? 'swarm made' : 'swarm made anew');

  const swarm = await readFormed(first.engine, signal);
  const joined = await Promise.all(others.map(async (node) => bringIn(form, node, { swarm, role: 'worker', signal })));
  const newcomers = joined.filter(Boolean).length;
  if (newcomers > 0) changes.push(`${newcomers} joined`);

  const infos = await Promise.all(nodes.map(({ engine }) => readNodeInfo(engine, { signal })));
  const ids = infos.map((info) => info.swarm.nodeId);
  const ghosts = findGhosts(run, await listMembers(first.engine, { signal }), ids);
  for (const { id } of ghosts) await first.engine.delete(`/nodes/${id}`, { query: { force: true }, signal });
  if (ghosts.length > 0) changes.push(`${ghosts.length} stale entries removed`);

  await waitUntilReady(first.engine, ids, { progress, signal });
  const labelled = await Promise.all(
    nodes.map(async ({ labels }, index) => updateMember(first.engine, ids[index] ?? '', { labels }, { signal })),
  );
  if (labelled.some(Boolean) && changes.length === 0) changes.push('node labels set');
  if (changes.length === 0)
    return skipped(run.nodes.length === 1 ? 'it is ready' : `all ${run.nodes.length} nodes are ready`);
  return changes.join(', ');
}

/** A lab's nodes are all ours: they join at once, and a swarm that is broken is formed anew. */
function formRun(run: SwarmRun): FormRun {
  return {
    policy: { kind: 'reform', context: run.context },
    start: { addressPool: SWARM_ADDRESS_POOL, labels: {} },
    joinsAs: 'active',
    refuse: (_, info) => refuseSlowStorage(info, run),
  };
}

function formNode(run: SwarmRun, node: LabNode): FormNode {
  return {
    name: node.hostname,
    address: node.address,
    ownAddresses: [node.address],
    engine: node.engine,
    mtu: run.mtu,
    bridgeLabels: {},
    labels: nodeLabels({ ...node, host: run.host, mtu: run.mtu, dataFolder: run.dataFolder }),
  };
}

function refuseSlowStorage({ hostname, storageDriver }: NodeInfo, { renewal }: SwarmRun): void {
  if (storageDriver === 'overlay2') return;
  throw new InvalidStateError(
    `Cannot use node ${hostname}: its engine stores images with "${storageDriver}", which copies every layer; overlay2 is needed`,
    { hint: `is docker's own folder on ext4 or xfs? then: ${renewal}` },
  );
}
