import { setTimeout as sleep } from 'node:timers/promises';

import { assertSharedFolder, type DataFolderPlan, type Person } from '../../cluster/data-folder.ts';
import type { ClusterSpec, DataFolder } from '../../cluster/spec.ts';
import { InvalidStateError, WaitTimeoutError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import { DATA_CHECK_ROLE } from '../../stack/plan-stack.ts';
import { hasEnded, type StackTask, type SwarmNode } from '../../stack/swarm-state.ts';
import { planLocalFolder, type LocalFolders } from '../local-folders.ts';
import type { SwarmReader } from './swarm-reader.ts';

const POLL_MS = 200;
const CHECK_TIMEOUT_MS = 60_000;

/** What decides which folder is `/data` on a swarm. */
export interface DataSurroundings {
  readonly nodes: readonly SwarmNode[];
  /** The manager's engine runs on this machine, and is no lab's. */
  readonly isLocal: boolean;
  readonly folders: LocalFolders;
}

/** `undefined`: nothing is shared, so `/data` is a volume of each node. */
export type StackDataPlan = (DataFolderPlan & { readonly needsCheck: boolean }) | undefined;

/**
 * The folder that the nodes of a lab share; on one engine of this machine, as without a swarm; elsewhere the one that the
 * user names, which must be on every node.
 *
 * @throws ConflictError if a lab shares another folder; UsageError if a folder of this machine is not there
 */
export async function planStackData(
  spec: Pick<ClusterSpec, 'data'>,
  { nodes, isLocal, folders }: DataSurroundings,
): Promise<StackDataPlan> {
  const ready = nodes.filter((node) => node.state === 'ready');
  const shared = ready[0]?.labels[LABELS.nodeData];
  if (shared !== undefined && ready.every((node) => node.labels[LABELS.nodeData] === shared)) {
    const here = ready[0]?.labels[LABELS.nodeDataHere];
    assertSharedFolder(spec.data, { path: shared, here });
    return { ...(await planSharedFolder({ path: shared, here, user: spec.data?.user }, folders)), needsCheck: false };
  }
  if (isLocal && nodes.length === 1) return { ...(await planLocalFolder(spec, folders)), needsCheck: false };
  if (!spec.data) return undefined;
  const user = spec.data.user ?? userOf(folders.person);
  return { folder: { path: spec.data.path, here: undefined, user }, opensToGroup: false, needsCheck: true };
}

/** The folder of this machine behind the nodes' says whom the containers run as. */
async function planSharedFolder(folder: DataFolder, folders: LocalFolders): Promise<DataFolderPlan> {
  if (folder.here === undefined || folder.user !== undefined) return { folder, opensToGroup: false };
  const facts = await folders.read(folder.here);
  // Of another machine's lab: its folder cannot be looked at from here.
  if (!facts) return { folder: { ...folder, user: userOf(folders.person) }, opensToGroup: false };
  const plan = await planLocalFolder({ data: { path: folder.here, here: folder.here, user: undefined } }, folders);
  return { ...plan, folder: { ...folder, user: plan.folder.user } };
}

/** Who writes as themselves on every node; root's files would be the image's user's. */
function userOf({ uid, gid }: Person): string | undefined {
  return uid === 0 ? undefined : `${uid}:${gid}`;
}

/**
 * Runs `test -w` in the folder on every node that may run containers, as the user they run as, in a service that runs once
 * and is taken away again.
 *
 * @throws InvalidStateError naming the nodes that lack the folder, or where it cannot be written to
 */
export async function checkFolderOnNodes(
  { name, image }: Pick<ClusterSpec, 'name' | 'image'>,
  folder: DataFolder,
  reader: SwarmReader,
  signal: AbortSignal,
): Promise<void> {
  const { client } = reader;
  const service = `${name}_data_check`;
  const labels = { [LABELS.cluster]: name, [LABELS.role]: DATA_CHECK_ROLE };
  for (const left of await client.listServices([`${LABELS.cluster}=${name}`])) {
    if (left.name === service) await client.removeService(left.id);
  }
  const { ID: id } = await client.api.post<{ readonly ID: string }>('/services/create', {
    body: {
      Name: service,
      Labels: labels,
      Mode: { GlobalJob: {} },
      TaskTemplate: {
        ContainerSpec: {
          Image: image,
          Command: ['test', '-w', '/data'],
          ...(folder.user === undefined ? {} : { User: folder.user }),
          Mounts: [{ Type: 'bind', Source: folder.path, Target: '/data' }],
        },
        RestartPolicy: { Condition: 'none' },
      },
    },
    signal,
  });
  try {
    const tasks = await waitForEnd(id, reader, signal);
    await refuseMissing(folder, tasks, reader);
  } finally {
    await client.removeService(id);
  }
}

async function waitForEnd(
  serviceId: string,
  { client }: SwarmReader,
  signal: AbortSignal,
): Promise<readonly StackTask[]> {
  const deadline = Date.now() + CHECK_TIMEOUT_MS;
  for (;;) {
    const nodes = (await client.listNodes()).filter((node) => node.state === 'ready' && node.availability === 'active');
    const tasks = (await client.listTasks()).filter((task) => task.serviceId === serviceId);
    if (nodes.every((node) => tasks.some((task) => task.nodeId === node.id && hasEnded(task)))) return tasks;
    if (Date.now() > deadline) {
      throw new WaitTimeoutError(
        `Gave up after ${CHECK_TIMEOUT_MS / 1000} s looking for the data folder on every node; last seen: ${tasks
          .map((task) => `${task.state} ${task.error}`.trim())
          .join(', ')}`,
        { hint: 'docker node ls shows the nodes' },
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function refuseMissing(
  { path, user }: DataFolder,
  tasks: readonly StackTask[],
  { client }: SwarmReader,
): Promise<void> {
  const byReason = new Map<string, string[]>();
  for (const node of (await client.listNodes()).toSorted((a, b) => (a.hostname < b.hostname ? -1 : 1))) {
    // A task that was refused has a successor, which is not started.
    const own = tasks.filter((task) => task.nodeId === node.id);
    if (own.length === 0 || own.some((task) => task.state === 'complete')) continue;
    const task = own.find(({ error }) => error !== '') ?? own[0];
    const why = /does not exist/.test(task?.error ?? '')
      ? 'is not there'
      : task?.state === 'failed'
        ? `cannot be written to by uid ${user?.split(':')[0] ?? 185}`
        : `could not be looked at (${task?.error || task?.state})`;
    byReason.set(why, [...(byReason.get(why) ?? []), node.hostname]);
  }
  if (byReason.size === 0) return;
  const reasons = [...byReason].map(([why, nodes]) => `it ${why} on ${nodes.join(', ')}`);
  throw new InvalidStateError(`Cannot use ${path} as /data: ${reasons.join('; ')}`, {
    hint: 'make it the same folder on each of these nodes, or leave --data out: /data is then a volume of each node',
  });
}
