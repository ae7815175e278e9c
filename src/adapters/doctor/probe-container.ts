import { InvalidStateError, ToolkitError } from '../../errors.ts';
import type { OverlayNode } from '../../doctor/overlay.ts';
import { LABELS } from '../../labels.ts';
import { Container } from '../engine/container.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import { importProbeImage, probeName, secondProbeName } from './probe-objects.ts';

/** It ends by itself after this, so that a run that was killed leaves no container for long. */
const LIFE_SECONDS = 180;
const MEMORY_BYTES = 128 * 1024 ** 2;
/** Attaching to a network that the node does not know yet takes up to 20 s on a busy swarm. */
const START_TIMEOUT_MS = 30_000;

/** A container on one node, in the temporary network. */
export interface ProbeContainer {
  readonly node: OverlayNode;
  readonly id: string;
  /** In the network. */
  readonly address: string;
  readonly hasBash: boolean;
  readonly hasPython: boolean;
}

interface ProbeChoice {
  readonly run: string;
  readonly label: string;
  /** Bytes are counted by python3: a Spark image of the node has it where the node itself has not. */
  readonly needsPython: boolean;
  readonly signal: AbortSignal;
}

/**
 * On an empty image, with the node's own programs below /usr, read-only: nothing has to be brought to the node. One whose
 * /bin is no link to /usr/bin, or that has no bash, is looked at through a Spark image that it has; so is one whose
 * throughput is measured, for its python3.
 *
 * What makes something is not given up in the middle: it would be there after everything was taken away.
 *
 * @throws ToolkitError saying why the node has none; the signal's reason between two steps
 */
export async function createProbeContainer(node: OverlayNode, choice: ProbeChoice): Promise<ProbeContainer> {
  const { run, signal } = choice;
  const sparkImage = await findSparkImage(node.api, signal);
  const bySpark = async (): Promise<ProbeContainer> =>
    // Another name: the first may be on its way out.
    start(node, { image: sparkImage ?? '', name: secondProbeName(run), binds: [] }, choice);
  // Not after the first: a network that a node has left and joins again may not work for a while.
  if (choice.needsPython && sparkImage !== undefined) return bySpark();
  const failure = await startOwn(node, choice);
  if (typeof failure !== 'string') return failure;
  signal.throwIfAborted();
  await new Container(node.api, probeName(run)).killAndRemove();
  if (sparkImage !== undefined) return bySpark();
  throw new InvalidStateError(`${failure}; and it has no Spark image, whose programs would do`);
}

/** @returns why it cannot be done with the node's own programs */
async function startOwn(node: OverlayNode, choice: ProbeChoice): Promise<ProbeContainer | string> {
  try {
    const image = await importProbeImage(node.api, choice.run, choice.label);
    choice.signal.throwIfAborted();
    const own = await start(node, { image, name: probeName(choice.run), binds: ['/usr:/usr:ro'] }, choice);
    return own.hasBash ? own : `Node ${node.name} has no bash and coreutils below /usr`;
  } catch (error) {
    if (error instanceof ToolkitError && !choice.signal.aborted) return error.message;
    throw error;
  }
}

async function start(
  node: OverlayNode,
  { image, name, binds }: { readonly image: string; readonly name: string; readonly binds: readonly string[] },
  { run, label, signal }: ProbeChoice,
): Promise<ProbeContainer> {
  const { api } = node;
  const network = probeName(run);
  const { Id: id } = await api.post<{ readonly Id: string }>('/containers/create', {
    query: { name },
    body: {
      Image: image,
      Entrypoint: ['sleep'],
      Cmd: [String(LIFE_SECONDS)],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      User: '65534:65534',
      Labels: { [LABELS.probe]: label },
      HostConfig: {
        AutoRemove: true,
        Binds: binds,
        CapDrop: ['ALL'],
        Memory: MEMORY_BYTES,
        NetworkMode: network,
        ReadonlyRootfs: true,
        // A labelled /usr is not readable from a container where SELinux is on.
        SecurityOpt: ['no-new-privileges', 'label=disable'],
      },
    },
    timeoutMs: START_TIMEOUT_MS,
  });
  signal.throwIfAborted();
  await api.post(`/containers/${id}/start`, { timeoutMs: START_TIMEOUT_MS });
  const container = new Container(api, id);
  const [{ NetworkSettings }, bash, python] = await Promise.all([
    api.get<Inspected>(`/containers/${id}/json`, { signal }),
    runs(container, ['bash', '-c', 'command -v timeout dd'], signal),
    runs(container, ['python3', '-c', 'import socket'], signal),
  ]);
  const address = NetworkSettings.Networks[network]?.IPAddress ?? '';
  if (address === '') throw new InvalidStateError(`The container on node ${node.name} got no address in the network`);
  return { node, id, address, hasBash: bash, hasPython: python };
}

interface Inspected {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

async function runs(container: Container, argv: readonly string[], signal: AbortSignal): Promise<boolean> {
  // 126 and 127 where there is no such program; an engine may also refuse to start it.
  return container.read(argv, { signal }).then(
    ({ status }) => status === 0,
    () => false,
  );
}

/** Id of an image of ours that the node has. */
async function findSparkImage(api: EngineApi, signal: AbortSignal): Promise<string | undefined> {
  const images = await api.get<readonly { readonly Id: string }[]>('/images/json', {
    query: { filters: { label: [`${LABEL_IMAGE}=spark`] } },
    signal,
  });
  return images[0]?.Id;
}

/** On images of ours: `spark` or `notebook`. Source: docker/Dockerfile. */
const LABEL_IMAGE = 'io.spark-swarm.image';
