import { randomBytes } from 'node:crypto';

import { ToolkitError } from '../../errors.ts';
import type { OverlayNode, OverlayProber, OverlayReading, OverlayRequest, SkippedNode } from '../../doctor/overlay.ts';
import { LABELS } from '../../labels.ts';
import { Container } from '../engine/container.ts';
import { measureRates } from './overlay-rates.ts';
import { createProbeContainer, type ProbeContainer } from './probe-container.ts';
import { probeLabel, probeName, removeLeftovers, removeProbeContainers, removeProbeNetwork } from './probe-objects.ts';
import { PROBE_PROGRAM, PROBE_PROGRAM_PYTHON, parseProbe } from './probe-programs.ts';

/** Silence towards a peer is given up after 6 to 9 s, an MTU is found within 10. */
const PROBE_TIMEOUT_MS = 30_000;

/** By containers on the nodes themselves, see `probe-container.ts`. */
export const overlayProber: OverlayProber = { probe };

async function probe(request: OverlayRequest): Promise<OverlayReading> {
  const { manager, nodes, progress = () => {}, signal } = request;
  const run = randomBytes(4).toString('hex');
  progress('taking away what an earlier run has left');
  // Containers before networks, which they hold.
  await Promise.allSettled(nodes.map(async ({ api }) => removeLeftovers(api, false)));
  await removeLeftovers(manager, true);
  signal.throwIfAborted();
  const left: string[] = [];
  try {
    return { ...(await measure(request, run)), left };
  } finally {
    progress('taking everything away');
    // Before the caller gets it; whoever interrupts gets no report, and sees this.
    left.push(...(await takeAway(request, run)));
    for (const sentence of left) progress(sentence);
  }
}

async function measure(request: OverlayRequest, run: string): Promise<Omit<OverlayReading, 'left'>> {
  const { nodes, progress = () => {}, signal } = request;
  const label = probeLabel();
  await createNetwork(request, { run, label });
  progress(`starting a container on ${nodes.length} nodes`);
  const { containers, skipped } = await createContainers(nodes, { run, label, request });
  progress(`looking from each of ${containers.length} nodes at the others`);
  const first = await lookAround(containers, signal);
  const looked = isSilent(first) ? await lookAgain(containers, { progress, signal }) : first;
  const rates = request.throughput ? await measureRates(containers, progress, signal) : { rates: [], unmeasured: [] };
  return { views: looked.views, skipped: [...skipped, ...looked.skipped], ...rates };
}

/** @returns what could not be taken away; by its label the next run finds it */
async function takeAway({ manager, nodes }: OverlayRequest, run: string): Promise<readonly string[]> {
  const ofNodes = await Promise.all(
    nodes.map(async ({ name, api }) => explainLeft(`what it made on ${name}`, removeProbeContainers(api, run))),
  );
  // Containers before the network, which they hold.
  return [...ofNodes.flat(), ...(await explainLeft('its network', removeProbeNetwork(manager, run)))];
}

async function explainLeft(what: string, removal: Promise<void>): Promise<readonly string[]> {
  return removal.then(
    () => [],
    (error: unknown) => [`${what} is left, and the next doctor takes it away: ${(error as Error).message}`],
  );
}

async function createNetwork(
  { manager, mtu }: OverlayRequest,
  { run, label }: { readonly run: string; readonly label: string },
): Promise<void> {
  await manager.post('/networks/create', {
    body: {
      Name: probeName(run),
      Driver: 'overlay',
      Attachable: true,
      // Without a way out there is no other interface, and no bridge is made for it on nodes that have none.
      Internal: true,
      // As clusters are told, see stack/resolve-stack.ts.
      Options: mtu === undefined ? {} : { 'com.docker.network.driver.mtu': String(mtu) },
      Labels: { [LABELS.probe]: label },
    },
  });
}

interface Made {
  readonly containers: readonly ProbeContainer[];
  readonly skipped: readonly SkippedNode[];
}

async function createContainers(
  nodes: readonly OverlayNode[],
  { run, label, request }: { readonly run: string; readonly label: string; readonly request: OverlayRequest },
): Promise<Made> {
  const { signal, throughput } = request;
  const found = await Promise.allSettled(
    nodes.map(async (node) => createProbeContainer(node, { run, label, needsPython: throughput, signal })),
  );
  signal.throwIfAborted();
  return {
    containers: found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    skipped: found.flatMap((result, index) =>
      result.status === 'rejected' ? [{ node: nodes[index]?.name ?? '', reason: reasonOf(result.reason) }] : [],
    ),
  };
}

function isSilent({ views }: Pick<OverlayReading, 'views'>): boolean {
  return views.some(({ peers }) => peers.some(({ tcp }) => tcp !== 'refused'));
}

/** On a busy swarm, or one that has just been made, the nodes take a while to tell each other of a new network. */
async function lookAgain(
  containers: readonly ProbeContainer[],
  { progress, signal }: { readonly progress: (detail: string) => void; readonly signal: AbortSignal },
): Promise<Pick<OverlayReading, 'views' | 'skipped'>> {
  progress('no answer everywhere: looking once more');
  return lookAround(containers, signal);
}

async function lookAround(
  containers: readonly ProbeContainer[],
  signal: AbortSignal,
): Promise<Pick<OverlayReading, 'views' | 'skipped'>> {
  const names = new Map(containers.map(({ address, node }) => [address, node.name]));
  const looked = await Promise.allSettled(
    containers.map(async ({ node, id, address, hasBash }) => {
      const peers = containers.map((container) => container.address).filter((peer) => peer !== address);
      const argv = hasBash
        ? ['bash', '-c', PROBE_PROGRAM, 'probe', ...peers]
        : ['python3', '-c', PROBE_PROGRAM_PYTHON, ...peers];
      const result = await new Container(node.api, id).read(argv, { timeoutMs: PROBE_TIMEOUT_MS, signal });
      const view = parseProbe(node.name, result.stdout, names);
      return view ?? `the program in its container ended with ${result.status}: ${result.stderr.trim()}`;
    }),
  );
  signal.throwIfAborted();
  const results = looked.map((result) => (result.status === 'fulfilled' ? result.value : reasonOf(result.reason)));
  return {
    views: results.flatMap((result) => (typeof result === 'string' ? [] : [result])),
    skipped: results.flatMap((result, index) =>
      typeof result === 'string' ? [{ node: containers[index]?.node.name ?? '', reason: result }] : [],
    ),
  };
}

/** @throws what is no failure of an engine */
function reasonOf(error: unknown): string {
  if (error instanceof ToolkitError) return error.message;
  throw error;
}
