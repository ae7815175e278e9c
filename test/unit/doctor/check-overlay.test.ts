import test from 'ava';

import { formatPair, judgeOverlay } from '../../../src/doctor/check-overlay.ts';
import type { OverlayReading, OverlayView, PeerView } from '../../../src/doctor/overlay.ts';

const well = (node: string): PeerView => ({
  node,
  tcp: 'refused',
  isUdpAnswered: true,
  passedBytes: 1350,
  lostBytes: undefined,
});
const silent = (node: string, tcp = 'silence'): PeerView => ({
  node,
  tcp,
  isUdpAnswered: false,
  passedBytes: undefined,
  lostBytes: undefined,
});
const trapped = (node: string, passedBytes: number | undefined, lostBytes: number): PeerView => ({
  ...well(node),
  passedBytes,
  lostBytes,
});
const view = (node: string, ...peers: readonly PeerView[]): OverlayView => ({ node, interfaceMtu: 1350, peers });
const reading = (views: readonly OverlayView[], more: Partial<OverlayReading> = {}): OverlayReading => ({
  views,
  skipped: [],
  rates: [],
  unmeasured: [],
  left: [],
  ...more,
});

test('where every packet comes through there is nothing to find', (t) => {
  const rates = [{ from: 'a', to: 'b', bytesPerSecond: 812_000_000 }];
  const report = judgeOverlay(reading([view('a', well('b')), view('b', well('a'))], { rates }));
  t.deepEqual(report, {
    interfaceMtu: 1350,
    pairs: [
      { from: 'a', to: 'b', reach: 'ok', mtu: 1350, bytesPerSecond: 812_000_000 },
      { from: 'b', to: 'a', reach: 'ok', mtu: 1350, bytesPerSecond: null },
    ],
    skipped: [],
    notes: [],
    findings: [],
  });
  t.deepEqual(report.pairs.map(formatPair), ['ok 1350, 812 MB/s', 'ok 1350']);
});

test('what was not measured and what is left are said beside it', (t) => {
  const more = { unmeasured: ['b has no python3'], left: ['the container on b is left'] };
  t.deepEqual(judgeOverlay(reading([], more)).notes, ['b has no python3', 'the container on b is left']);
});

test('two nodes that do not reach each other are named together, with what both saw', (t) => {
  const views = [view('a', silent('b'), well('c')), view('b', silent('a', 'No route to host'), well('c'))];
  const { findings, pairs } = judgeOverlay(reading([...views, view('c', well('a'), well('b'))]));
  t.deepEqual(findings, [
    {
      id: 'SS-N20',
      severity: 'error',
      subject: 'nodes a and b',
      problem: 'containers on a and b do not reach each other over the overlay',
      proof: 'a to b: TCP got no answer; b to a: TCP said "No route to host"',
      fix:
        'let 4789/udp and 7946/tcp+udp through between a and b and the other nodes (firewall, security group); on a node: ' +
        'iptables -L INPUT -n -v, or nft list ruleset',
      page: 'docs/problems/nodes.md#ss-n20',
    },
  ]);
  t.is(formatPair(pairs[0] ?? t.fail()), 'no answer');
});

test('a node that nobody reaches is named alone, once', (t) => {
  const views = [
    view('a', silent('b'), well('c')),
    view('b', silent('a'), silent('c')),
    view('c', well('a'), silent('b')),
  ];
  const { findings } = judgeOverlay(reading(views));
  t.deepEqual(
    findings.map(({ subject, problem }) => [subject, problem]),
    [['node b', 'no other node reaches containers on b over the overlay, and they reach nobody']],
  );
});

test('TCP alone is not enough', (t) => {
  const views = [view('a', { ...silent('b'), tcp: 'refused' }), view('b', well('a'))];
  const { findings, pairs } = judgeOverlay(reading(views));
  t.is(pairs[0]?.reach, 'no udp');
  t.is(findings[0]?.proof, 'a to b: TCP is answered, UDP is not');
});

test('large packets that vanish: the label that fits is computed from the largest that passed', (t) => {
  const views = [view('a', trapped('b', 1280, 1300), trapped('c', 1300, 1320)), view('b', well('a'), well('c'))];
  const { findings } = judgeOverlay(reading(views));
  t.deepEqual(
    findings.map(({ id, subject, problem, proof, fix }) => [id, subject, problem, proof, fix]),
    [
      [
        'SS-N21',
        'node a',
        'large packets from containers on a vanish: their interface says 1350 bytes',
        'to b: 1280 bytes came through, 1300 vanished; to c: 1300 bytes came through, 1320 vanished',
        'docker node update --label-add io.spark-swarm.node.mtu=1330 a, then remove and deploy the clusters: a network keeps the ' +
          'MTU that it was made with',
      ],
    ],
  );
});

test('where only small datagrams pass, the size is for the user to look up', (t) => {
  const { findings } = judgeOverlay(reading([view('a', trapped('b', undefined, 576)), view('b', well('a'))]));
  t.is(findings[0]?.proof, 'to b: no datagram came through, 576 vanished');
  t.regex(findings[0]?.fix ?? '', /node\.mtu=BYTES a, with the MTU that ip link shows on that node/);
});

test('a node that could not be measured is a warning with its reason', (t) => {
  const skipped = [{ node: 'c', reason: 'Node c has no bash below /usr; and it has no Spark image' }];
  const { findings } = judgeOverlay(reading([view('a', well('b')), view('b', well('a'))], { skipped }));
  t.like(findings[0], { id: 'SS-N22', severity: 'warning', subject: 'node c', proof: skipped[0]?.reason });
});
