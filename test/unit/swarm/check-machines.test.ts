import test from 'ava';

import type { Finding } from '../../../src/doctor/finding.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { withWayOut } from '../../../src/swarm/check-machines.ts';
import type { FoundSwarm } from '../../../src/swarm/find-swarm.ts';
import { member } from '../../helpers/swarm-builders.ts';

const finding = (id: string, subject: string): Finding => ({
  id,
  severity: 'error',
  subject,
  problem: 'it cannot be reached',
  proof: 'connection refused',
  fix: 'start it',
  page: '',
});

test('a silent machine that is a node may be lost: what repairs the swarm without it is said', (t) => {
  const all = ['a1', 'a2', 'a4'].map((name) => ({ name, source: 'ssh', reference: `root@${name}:22` }) as Machine);
  const labels = (name: string): Readonly<Record<string, string>> => ({
    'io.spark-swarm.node.machine': `ssh/root@${name}:22`,
  });
  const members = [
    member('1', 'host-a1', { role: 'manager', labels: labels('a1') }),
    member('2', 'host-a2', { labels: labels('a2') }),
  ];
  const found = { name: 'swarm', members } as unknown as FoundSwarm;
  const findings = [finding('SS-M01', 'a1'), finding('SS-M09', 'a2'), finding('SS-M15', 'a1'), finding('SS-M01', 'a4')];
  t.deepEqual(
    withWayOut(findings, { machines: { all }, found }).map(({ fix }) => fix),
    [
      'start it; if it is lost: spark-swarm swarm leave --context spark-swarm host-a1, or the same command without it (--managers puts another in its place)',
      'start it; if it is lost: spark-swarm swarm leave --context spark-swarm host-a2, or the same command without it',
      'start it',
      'start it',
    ],
  );
  t.deepEqual(withWayOut(findings, { machines: { all }, found: undefined }), findings);
});
