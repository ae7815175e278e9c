import { LABELS } from '../labels.ts';
import type { Finding } from './finding.ts';
import type {
  OverlayPair,
  OverlayProber,
  OverlayReading,
  OverlayReport,
  OverlayRequest,
  OverlayView,
  PeerView,
} from './overlay.ts';
import { errorOf, warningOf } from './problems.ts';

/** What VXLAN adds to a packet, bytes: outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14. */
const VXLAN_BYTES = 50;

/**
 * Proves the network between every two nodes by packets between containers on them, as Spark's own travel.
 *
 * @throws the signal's reason; ToolkitError if the manager cannot make a network
 */
export async function checkOverlay(prober: OverlayProber, request: OverlayRequest): Promise<OverlayReport> {
  return judgeOverlay(await prober.probe(request));
}

export function judgeOverlay(reading: OverlayReading): OverlayReport {
  const pairs = reading.views.flatMap((view) => view.peers.map((peer) => describePair(view, peer, reading)));
  return {
    interfaceMtu: reading.views[0]?.interfaceMtu ?? null,
    pairs,
    skipped: reading.skipped,
    notes: [...reading.unmeasured, ...reading.left],
    findings: [
      ...silentFindings(reading.views),
      ...reading.views.flatMap((view) => vanishFindings(view)),
      ...reading.skipped.map(({ node, reason }) =>
        warningOf('SS-N22', {
          subject: `node ${node}`,
          problem: 'its network could not be measured',
          proof: reason,
          fix: 'repair what the proof says; the other nodes were measured without it',
        }),
      ),
    ],
  };
}

function describePair(view: OverlayView, peer: PeerView, { rates }: OverlayReading): OverlayPair {
  const rate = rates.find(({ from, to }) => from === view.node && to === peer.node);
  return {
    from: view.node,
    to: peer.node,
    reach: reachOf(view, peer),
    mtu: peer.passedBytes ?? null,
    bytesPerSecond: rate?.bytesPerSecond ?? null,
  };
}

function reachOf({ interfaceMtu }: OverlayView, { tcp, isUdpAnswered, passedBytes }: PeerView): OverlayPair['reach'] {
  if (tcp !== 'refused') return 'no answer';
  if (!isUdpAnswered && passedBytes === undefined) return 'no udp';
  return passedBytes !== undefined && passedBytes >= interfaceMtu ? 'ok' : 'too large';
}

/** One finding for each two nodes. A node that no other reaches is named alone: it is the one to look at. */
function silentFindings(views: readonly OverlayView[]): readonly Finding[] {
  const silent = views.flatMap((view) =>
    view.peers
      .filter((peer) => ['no answer', 'no udp'].includes(reachOf(view, peer)))
      .map((peer) => ({ from: view.node, to: peer.node, proof: proveSilence(view, peer) })),
  );
  const isLost = (node: string): boolean =>
    views.length > 2 && silent.filter(({ from, to }) => from === node || to === node).length >= 2 * (views.length - 1);
  const lost = views.map(({ node }) => node).filter(isLost);
  const alone = lost.map((node) =>
    errorOf('SS-N20', {
      subject: `node ${node}`,
      problem: `no other node reaches containers on ${node} over the overlay, and they reach nobody`,
      proof: silent
        .filter(({ from, to }) => from === node || to === node)
        .map(({ proof }) => proof)
        .join('; '),
      fix: portsFix(`${node}`),
    }),
  );
  const others = new Map<string, (typeof silent)[number][]>();
  for (const pair of silent.filter(({ from, to }) => !lost.includes(from) && !lost.includes(to))) {
    const key = [pair.from, pair.to].toSorted().join(' and ');
    others.set(key, [...(others.get(key) ?? []), pair]);
  }
  return [
    ...alone,
    ...[...others].map(([nodes, found]) =>
      errorOf('SS-N20', {
        subject: `nodes ${nodes}`,
        problem: `containers on ${nodes} do not reach each other over the overlay`,
        proof: found.map(({ proof }) => proof).join('; '),
        fix: portsFix(nodes),
      }),
    ),
  ];
}

function proveSilence(view: OverlayView, peer: PeerView): string {
  const way = `${view.node} to ${peer.node}`;
  if (peer.tcp !== 'refused') return `${way}: TCP ${peer.tcp === 'silence' ? 'got no answer' : `said "${peer.tcp}"`}`;
  return `${way}: TCP is answered, UDP is not`;
}

function portsFix(nodes: string): string {
  return (
    `let 4789/udp and 7946/tcp+udp through between ${nodes} and the other nodes (firewall, security group); ` +
    'on a node: iptables -L INPUT -n -v, or nft list ruleset'
  );
}

/** Small packets pass, and large ones vanish without a word: what makes large jobs hang and small ones work. */
function vanishFindings(view: OverlayView): readonly Finding[] {
  const trapped = view.peers.filter((peer) => reachOf(view, peer) === 'too large');
  if (trapped.length === 0) return [];
  const passing = trapped.map(({ passedBytes }) => passedBytes).filter((bytes) => bytes !== undefined);
  const usable = passing.length === 0 ? undefined : Math.min(...passing);
  const proof = trapped
    .map(
      ({ node, passedBytes, lostBytes }) =>
        `to ${node}: ${passedBytes === undefined ? 'no datagram' : `${passedBytes} bytes`} came through, ${lostBytes ?? view.interfaceMtu} vanished`,
    )
    .join('; ');
  return [
    errorOf('SS-N21', {
      subject: `node ${view.node}`,
      problem: `large packets from containers on ${view.node} vanish: their interface says ${view.interfaceMtu} bytes`,
      proof,
      fix:
        usable === undefined
          ? `docker node update --label-add ${LABELS.nodeMtu}=BYTES ${view.node}, with the MTU that ip link shows on that node; then deploy the clusters anew`
          : `docker node update --label-add ${LABELS.nodeMtu}=${usable + VXLAN_BYTES} ${view.node}, then remove and deploy the clusters: a network keeps the MTU that it was made with`,
    }),
  ];
}

/** The way a row of the matrix reads: `ok 1350`, `no answer`, `ok 1350, 812 MB/s`. */
export function formatPair({ reach, mtu, bytesPerSecond }: OverlayPair): string {
  const size = mtu === null ? '' : ` ${mtu}`;
  const rate = bytesPerSecond === null ? '' : `, ${Math.round(bytesPerSecond / 1e6)} MB/s`;
  return reach === 'no answer' || reach === 'no udp' ? reach : `${reach}${size}${rate}`;
}
