import { overlayProber } from '../adapters/doctor/overlay-prober.ts';
import {
  firstSentence,
  notKnown,
  runChecks,
  type Check,
  type CheckedResult,
  type CheckResult,
} from '../doctor/check.ts';
import { checkOverlay } from '../doctor/check-overlay.ts';
import { CLUSTER_CHECKS } from '../doctor/cluster-checks.ts';
import { CONTEXT_CHECKS } from '../doctor/context-checks.ts';
import { makeReport, networkResult, type DoctorReport } from '../doctor/doctor-report.ts';
import type { DoctorTools } from '../doctor/doctor-tools.ts';
import { MACHINE_CHECKS } from '../doctor/machine-checks.ts';
import type { OverlayNode, OverlayReport, SkippedNode } from '../doctor/overlay.ts';
import { warningOf } from '../doctor/problems.ts';
import { SWARM_CHECKS } from '../doctor/swarm-checks.ts';
import { ToolkitError } from '../errors.ts';
import { runSteps, skipped, type Report } from '../events.ts';
import { LABELS } from '../labels.ts';
import { networkMtu } from '../stack/plan-stack.ts';
import type { Surroundings } from './connection.ts';
import { openDoctor, type FoundManager } from './doctor-tools.ts';

export interface DoctorOptions {
  /** Value of `--context`. */
  readonly context: string | undefined;
  /** Measure the network between the nodes, which makes a network and containers and takes them away. */
  readonly overlay: boolean;
  readonly throughput: boolean;
  readonly report: Report;
}

const ALL_CHECKS: readonly Check<DoctorTools>[] = [
  ...MACHINE_CHECKS,
  ...CONTEXT_CHECKS,
  ...SWARM_CHECKS,
  ...CLUSTER_CHECKS,
];

/** Looks at everything. What is wrong is in the report, not thrown. */
export async function runDoctor(around: Surroundings, options: DoctorOptions): Promise<DoctorReport> {
  const { tools, findManager } = openDoctor(around, options);
  let checked: readonly CheckedResult[] = [];
  let network: { readonly result: CheckResult; readonly overlay: OverlayReport | undefined } | undefined;
  await runSteps(
    [
      {
        id: 'checks',
        title: `Look at ${ALL_CHECKS.length} things`,
        run: async () => {
          checked = await runChecks(ALL_CHECKS, tools, { signal: around.signal });
        },
      },
      {
        id: 'overlay',
        title: 'Measure the network between the nodes',
        run: async ({ progress }) => {
          network = await measureNetwork(findManager, { around, options, progress });
          return network.result.state === 'skipped' ? skipped(network.result.detail ?? '') : undefined;
        },
      },
    ],
    options.report,
    around.signal,
  );
  return makeReport(checked, network ?? { result: networkResult('not asked', 0), overlay: undefined });
}

async function measureNetwork(
  findManager: () => Promise<FoundManager | undefined>,
  {
    around,
    options,
    progress,
  }: { readonly around: Surroundings; readonly options: DoctorOptions; readonly progress: (detail: string) => void },
): Promise<{ readonly result: CheckResult; readonly overlay: OverlayReport | undefined }> {
  const startedAt = performance.now();
  const tookMs = (): number => Math.round(performance.now() - startedAt);
  const leaveOut = (why: string): { result: CheckResult; overlay: undefined } => ({
    result: networkResult(why, tookMs()),
    overlay: undefined,
  });
  if (!options.overlay) return leaveOut('left out by --no-overlay');
  const { signal } = around;
  try {
    const found = await findManager();
    if (!found) return leaveOut('no swarm');
    const { nodes, silent, mtu } = await findNodes(found);
    if (nodes.length + silent.length < 2) return leaveOut('the swarm has one ready node');
    if (nodes.length < 2) return leaveOut(notKnown(`only ${nodes.length} of the nodes' engines can be reached`));
    const { throughput } = options;
    const request = { manager: found.target.api, nodes, mtu, throughput, progress, signal };
    const measured = await checkOverlay(overlayProber, request);
    const overlay = {
      ...measured,
      skipped: [...silent, ...measured.skipped],
      findings: [...measured.findings, ...silent.map(describeSilent)],
    };
    return { result: networkResult(overlay, tookMs()), overlay };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolkitError) return leaveOut(notKnown(firstSentence(error)));
    throw error;
  }
}

interface FoundNodes {
  readonly nodes: readonly OverlayNode[];
  /** Ready nodes whose engines cannot be reached from here. */
  readonly silent: readonly SkippedNode[];
  readonly mtu: number | undefined;
}

async function findNodes({ reader }: FoundManager): Promise<FoundNodes> {
  const ready = (await reader.client.listNodes()).filter(({ state }) => state === 'ready');
  const looked = await Promise.all(ready.map(async (node) => ({ node, ...(await reader.engines.look(node)) })));
  return {
    nodes: looked.flatMap(({ node, api }) => (api ? [{ name: node.hostname, api }] : [])),
    silent: looked.flatMap(({ node, error }) => (error ? [{ node: node.hostname, reason: error.message }] : [])),
    // As clusters are given it.
    mtu: networkMtu(ready),
  };
}

function describeSilent({ node, reason }: SkippedNode): OverlayReport['findings'][number] {
  return warningOf('SS-N22', {
    subject: `node ${node}`,
    problem: 'its network could not be measured',
    proof: reason,
    fix: `docker node inspect ${node} shows the label ${LABELS.nodeEngine}, by which its engine is reached`,
  });
}
