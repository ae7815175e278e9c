import test from 'ava';

import { createColors } from '../../../../src/cli/colors.ts';
import { formatDoctor } from '../../../../src/cli/doctor-report.ts';
import { makeReport, networkResult } from '../../../../src/doctor/doctor-report.ts';
import { judgeOverlay } from '../../../../src/doctor/check-overlay.ts';
import { errorOf, noteOf } from '../../../../src/doctor/problems.ts';
import { runCli } from '../../../helpers/cli.ts';

const colors = createColors({ NO_COLOR: '1' }, {});
const result = { durationMs: 3, findings: [], detail: null } as const;

test('--throughput with --no-overlay is a contradiction', async (t) => {
  const { status, stdout, stderr } = await runCli(['doctor', '--throughput', '--no-overlay']);
  t.is(status, 2);
  t.is(stdout, '');
  t.is(
    stderr,
    'error: --throughput: it is measured together with the network, which --no-overlay leaves out\n' +
      'hint: leave one of the two flags out\n',
  );
});

test('the list has one line for what is well, and all there is for what is not', (t) => {
  const peer = { isUdpAnswered: true, tcp: 'refused', passedBytes: 1350, lostBytes: undefined };
  const overlay = judgeOverlay({
    views: [
      { node: 'n1', interfaceMtu: 1350, peers: [{ node: 'n2', ...peer }] },
      { node: 'n2', interfaceMtu: 1350, peers: [{ node: 'n1', ...peer }] },
    ],
    skipped: [],
    rates: [{ from: 'n1', to: 'n2', bytesPerSecond: 812e6 }],
    unmeasured: ['n2 has no python3 and no Spark image: its throughput was not measured'],
    left: [],
  });
  const silent = errorOf('SS-E01', { subject: 'this machine', problem: 'no engine runs', proof: 'p', fix: 'f' });
  const kept = noteOf('SS-K03', { subject: 'cluster old', problem: 'it was removed', proof: 'p', fix: 'f' });
  const report = makeReport(
    [
      { result: { ...result, id: 'engine', group: 'machine', title: 'engine', state: 'error' }, findings: [silent] },
      {
        result: { ...result, id: 'node', group: 'machine', title: 'Node.js', state: 'ok', detail: '20.20.2' },
        findings: [],
      },
      {
        result: { ...result, id: 'nodes', group: 'swarm', title: 'nodes', state: 'ok', detail: '2 of 2 ready' },
        findings: [],
      },
      {
        result: {
          ...result,
          id: 'health',
          group: 'clusters',
          title: 'health',
          state: 'skipped',
          detail: 'no clusters',
        },
        findings: [],
      },
      { result: { ...result, id: 'volumes', group: 'clusters', title: 'volumes', state: 'note' }, findings: [kept] },
    ],
    { result: networkResult(overlay, 5), overlay },
  );
  t.false(report.healthy);
  t.is(
    formatDoctor(report, colors),
    [
      'This machine',
      '  ✗ engine',
      '      SS-E01 this machine: no engine runs',
      '        proof: p',
      '        fix:   f',
      '        page:  docs/problems/engine.md#ss-e01',
      '  ✓ Node.js          20.20.2',
      '',
      'The swarm',
      '  ✓ nodes            2 of 2 ready',
      '  ✓ overlay network  2 of 2 ways between nodes are well, packets of 1350 bytes',
      '',
      'Clusters',
      '  - health           no clusters',
      '  i volumes',
      '      SS-K03 cluster old: it was removed',
      '        proof: p',
      '        fix:   f',
      '        page:  docs/problems/clusters.md#ss-k03',
      '',
      'Overlay, with the largest packet that came through:',
      'from / to   n1        n2',
      'n1          -         ok 1350, 812 MB/s',
      'n2          ok 1350   -',
      'note: n2 has no python3 and no Spark image: its throughput was not measured',
      '',
      'Something stands in the way: 1 error, 1 note.',
    ].join('\n'),
  );
});

test('nothing found is said in one sentence', (t) => {
  const report = makeReport([], { result: networkResult('no swarm', 0), overlay: undefined });
  t.true(report.healthy);
  t.is(formatDoctor(report, colors), 'The swarm\n  - overlay network  no swarm\n\nNothing stands in the way.');
});

test('what could not be looked at is counted: "nothing" is said of the rest', (t) => {
  const why = 'not known: its engine does not answer';
  const report = makeReport([], { result: networkResult(why, 0), overlay: undefined });
  t.is(
    formatDoctor(report, colors),
    `The swarm\n  - overlay network  ${why}\n\nNothing stands in the way: 1 not known.`,
  );
});

test('what a measurement has left is said also where nothing was measured', (t) => {
  const left = ['what it made on n1 is left, and the next doctor takes it away: conflict'];
  const overlay = judgeOverlay({ views: [], skipped: [], rates: [], unmeasured: [], left });
  const report = makeReport([], { result: networkResult(overlay, 0), overlay });
  t.regex(formatDoctor(report, colors), /\n\nnote: what it made on n1 is left, .*: conflict\n\nNothing stands/);
});
