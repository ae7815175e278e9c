import test from 'ava';

import type { Outcome } from '../../../src/doctor/check.ts';
import { judgeHealth, judgeHolds, judgeImages, judgeLocks, judgeVolumes } from '../../../src/doctor/judge-clusters.ts';
import { judgeAddresses, judgeAutolock, judgeNodes, judgeSwarmCertificates } from '../../../src/doctor/judge-swarm.ts';
import { clusters, swarm } from '../../helpers/doctor-readings.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const at = (date: string): number => Date.parse(date);
const lock = {
  cluster: 'spark',
  object: 'config spark_lock',
  holder: 'resize by process 7 on m',
  removeCommand: 'docker config rm spark_lock',
};
const held = [{ cluster: 'spark', service: 'spark_worker', wanted: 2 }];
const problem = {
  subject: 'worker-2',
  message: 'is decommissioned and takes no work',
  hint: 'spark-swarm resize --workers 2 --name spark',
};

const cases: readonly (readonly [title: string, outcome: Outcome, expected: string])[] = [
  ['nodes', judgeNodes(swarm()), '2 of 2 ready'],
  ['no swarm', judgeNodes(undefined), 'no swarm'],
  [
    'a swarm without a majority',
    judgeNodes(swarm({ error: 'The swarm does not have a leader', nodes: [] })),
    'SS-N05 error: the managers have no majority, so nothing can be changed; what runs goes on ' +
      '(Docker says: The swarm does not have a leader)',
  ],
  ['no majority, and its certificates', judgeSwarmCertificates(swarm({ error: 'no leader' }), NOW), 'not known'],
  [
    'a locked swarm',
    judgeNodes(swarm({ state: 'locked', error: 'Swarm is encrypted and needs to be unlocked' })),
    'SS-N30 error: the swarm is locked since this manager was restarted (Docker says: Swarm is encrypted and needs to be unlocked)',
  ],
  [
    'a swarm whose certificates are over',
    judgeNodes(swarm({ state: 'error', error: 'Swarm certificates have expired.' })),
    'SS-N30 error: the certificates of this manager have expired, and the swarm with them (Docker says: Swarm certificates have expired.)',
  ],
  [
    'certificates',
    judgeSwarmCertificates(swarm({ managerNotAfterMs: at('2026-07-15T00:00:00Z') }), NOW),
    'valid for 44 more days, renewed by themselves; a swarm that is off for 90 days must be made anew',
  ],
  [
    'a certificate that was not renewed',
    judgeSwarmCertificates(swarm({ managerNotAfterMs: at('2026-06-11T00:00:00Z') }), NOW),
    "SS-N31 warning: this manager's certificate expires soon, and was not renewed (notAfter 2026-06-11T00:00:00Z, 10 days left)",
  ],
  [
    'a root that is over',
    judgeSwarmCertificates(swarm({ rootNotAfterMs: at('2026-05-31T00:00:00Z') }), NOW),
    "SS-N31 error: the swarm's root certificate has expired (notAfter 2026-05-31T00:00:00Z, -1 days left)",
  ],
  [
    'certificates of two days',
    judgeSwarmCertificates(swarm({ nodeCertExpiryMs: 2 * 86_400_000 }), NOW),
    'SS-N31 warning: certificates of nodes live so short that a swarm that is off for a while does not come back (NodeCertExpiry 2 days)',
  ],
  ['a root that is being replaced', judgeSwarmCertificates(swarm({ isRotatingRoot: true }), NOW), 'SS-N33 warning'],
  ['no autolock', judgeAutolock(swarm()), 'off'],
  [
    'autolock',
    judgeAutolock(swarm({ isAutolocked: true })),
    'SS-N34 note: a manager that is restarted waits for a key',
  ],
  ['addresses', judgeAddresses(swarm()), 'from 10.210.0.0/16'],
  [
    'addresses that are taken outside',
    judgeAddresses(swarm({ networks: [{ name: 'ingress', subnets: ['10.0.0.0/24'] }], routes: ['10.0.0.0/16'] })),
    'SS-N32 warning: it has addresses that exist outside, too: containers do not reach those (ingress is 10.0.0.0/24; the address ' +
      '10.0.0.4 of node m1, the address 10.0.0.5 of node w1, the route 10.0.0.0/16 of this machine)',
  ],
  ['a cluster', judgeHealth(clusters()), 'spark with 2 workers'],
  ['no clusters', judgeHealth(clusters({ clusters: [] })), 'no clusters'],
  [
    'a cluster with a problem',
    judgeHealth(
      clusters({
        clusters: [{ name: 'spark', platform: 'swarm', isHealthy: false, workers: '', problems: [problem] }],
      }),
    ),
    'SS-K01 error: worker-2 is decommissioned and takes no work (spark-swarm status --name spark (on swarm))',
  ],
  [
    'a cluster that could not be read',
    judgeHealth(
      clusters({ clusters: [{ name: 'spark', platform: 'swarm', isHealthy: undefined, workers: '', problems: [] }] }),
    ),
    'spark: not known',
  ],
  [
    'an image that a node lacks',
    judgeImages(clusters({ images: [{ image: 'i:1', clusters: ['spark'], nodes: ['a', 'b'], missingOn: ['b'] }] })),
    'SS-K02 warning: the image i:1 is missing on b: containers that go there do not start (1 of 2 nodes have it)',
  ],
  [
    'volumes of a removed cluster',
    judgeVolumes(
      clusters({
        volumes: [
          { name: 'old_data', cluster: 'old', place: 'a' },
          { name: 'old_data', cluster: 'old', place: 'b' },
        ],
      }),
    ),
    'SS-K03 note: it was removed, and its data was kept (volume old_data on a, volume old_data on b)',
  ],
  [
    'a lock of a living command',
    judgeLocks(clusters({ locks: [{ ...lock, isDead: false }] })),
    'spark: resize by process 7 on m is at work',
  ],
  [
    'a lock of a dead one',
    judgeLocks(clusters({ locks: [{ ...lock, isDead: true }] })),
    'SS-K04 warning: its lock was left by a command that is gone (config spark_lock: resize by process 7 on m)',
  ],
  ['a service that is held back', judgeHolds(clusters({ held })), 'SS-K05 error: an interrupted resize holds it back'],
  [
    'a service that a living resize holds',
    judgeHolds(clusters({ held, locks: [{ ...lock, isDead: false }] })),
    'a resize is at work',
  ],
  [
    'a service that a dead one held',
    judgeHolds(clusters({ held, locks: [{ ...lock, isDead: true }] })),
    'SS-K05 error',
  ],
];

for (const [title, { findings, detail }, expected] of cases) {
  test(`${title}: ${expected.slice(0, 40)}`, (t) => {
    const [first] = findings;
    const said = first ? `${first.id} ${first.severity}: ${first.problem} (${first.proof})` : (detail ?? '');
    t.true(said.startsWith(expected), said);
    t.true(findings.every(({ fix }) => fix.length > 10));
  });
}
