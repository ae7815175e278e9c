import test from 'ava';

import type { Outcome } from '../../../src/doctor/check.ts';
import type { CertificateReading, OtherContext } from '../../../src/doctor/context-reading.ts';
import {
  judgeAnswer,
  judgeCertificates,
  judgeContext,
  judgeOthers,
  judgeSsh,
} from '../../../src/doctor/judge-context.ts';
import { context } from '../../helpers/doctor-readings.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const silence = { state: 'silent', name: 'far', isLocal: false, why: 'refused', seen: 'connect ECONNREFUSED' } as const;
const tls = (file: string, date: string, missing: readonly string[] = []): Parameters<typeof judgeCertificates>[0] => {
  const certificates: readonly CertificateReading[] = [{ file, notAfterMs: Date.parse(date) || undefined }];
  return context({ tls: { certificates, missing, folder: '/tls' } });
};
const denied = { kind: 'permission-denied', seen: 'it does not take the key', hint: 'ssh-copy-id root@far' } as const;
const down = { kind: 'docker-down', seen: 'docker does not run there', hint: 'sudo systemctl start docker' } as const;
const other = (change: Partial<OtherContext>): OtherContext => ({
  name: 'spark-a',
  kind: 'lab',
  place: 'a',
  host: 'unix:///run/a.sock',
  silence: 'there is no such socket',
  isGone: false,
  ...change,
});

const cases: readonly (readonly [title: string, outcome: Outcome, expected: string])[] = [
  ['a context', judgeContext(context()), 'far (tcp://10.0.0.4:2376), by --context'],
  [
    "docker's own default",
    judgeContext(context({ chosenBy: 'default', name: 'default', host: 'unix:///var/run/docker.sock' })),
    'default (unix:///var/run/docker.sock)',
  ],
  [
    'a context that is not there',
    judgeContext(context({ exists: false, chosenBy: 'current context' })),
    'SS-C01 error: there is no docker context "far" (named by current context; docker context inspect far does not find it)',
  ],
  [
    'an address that is refused',
    judgeContext(context({ refusal: 'plain tcp to another machine is refused' })),
    'SS-C03 error: its address cannot be used as it is (plain tcp to another machine is refused)',
  ],
  ['an engine that answers', judgeAnswer(context()), '20.10.24 at tcp://10.0.0.4:2376'],
  [
    'an engine that is silent',
    judgeAnswer(context({ engine: silence })),
    'SS-C02 error: its engine does not answer (tcp://10.0.0.4:2376: connect ECONNREFUSED)',
  ],
  [
    'silence for want of ssh',
    judgeAnswer(context({ engine: silence, ssh: { failure: denied } })),
    'ssh does not get in',
  ],
  [
    'silence behind ssh',
    judgeAnswer(context({ engine: { ...silence, seen: 'docker does not run there' }, ssh: { failure: down } })),
    'SS-C02 error: its engine does not answer (tcp://10.0.0.4:2376: docker does not run there)',
  ],
  [
    "this machine's own engine",
    judgeAnswer(context({ engine: silence, isLocalEngine: true })),
    "it is this machine's engine",
  ],
  ['no certificates', judgeCertificates(context(), NOW), 'none are used'],
  ['certificates', judgeCertificates(tls('cert.pem', '2027-06-01T00:00:00Z'), NOW), 'valid for 365 more days'],
  [
    'an old certificate',
    judgeCertificates(tls('cert.pem', '2026-05-29T00:00:00Z'), NOW),
    'SS-C04 error: the certificate cert.pem has expired (cert.pem: notAfter 2026-05-29T00:00:00Z, 3 days ago)',
  ],
  [
    'a certificate near its end',
    judgeCertificates(tls('ca.pem', '2026-06-30T00:00:00Z'), NOW),
    'SS-C05 warning: the certificate ca.pem expires soon (ca.pem: notAfter 2026-06-30T00:00:00Z, 29 days left)',
  ],
  [
    'a certificate 30 days before its end',
    judgeCertificates(tls('ca.pem', '2026-07-01T00:00:00Z'), NOW),
    'valid for 30 more days',
  ],
  ['no PEM', judgeCertificates(tls('ca.pem', ''), NOW), 'SS-C03 error: ca.pem is no certificate'],
  [
    'no key',
    judgeCertificates(tls('cert.pem', '2027-06-01T00:00:00Z', ['key.pem']), NOW),
    'SS-C03 error: key.pem is missing: the engine lets only known clients in (no readable key.pem in /tls)',
  ],
  ['no ssh', judgeSsh(context()), 'it is not used'],
  ['ssh', judgeSsh(context({ ssh: { failure: undefined } })), 'lets this user in without a password'],
  ['docker behind ssh', judgeSsh(context({ ssh: { failure: down } })), 'lets this user in without a password'],
  [
    'a key that is not taken',
    judgeSsh(context({ host: 'ssh://root@far', ssh: { failure: denied } })),
    'SS-C07 error: ssh does not get in (ssh://root@far: it does not take the key)',
  ],
  [
    'no program',
    judgeSsh(context({ host: 'ssh://root@far', ssh: { failure: { ...denied, kind: 'no-ssh' } } })),
    'SS-C06 error: the engine is reached by ssh, and there is no program ssh',
  ],
  ['no other contexts', judgeOthers([]), 'no other contexts of ours'],
  ['others that answer', judgeOthers([other({ silence: '' })]), 'spark-a: all answer'],
  [
    'a lab that is down',
    judgeOthers([other({})]),
    'SS-C08 warning: the engine of the lab "a" does not answer (unix:///run/a.sock: there is no such socket)',
  ],
  [
    'a lab that is gone',
    judgeOthers([other({ isGone: true })]),
    'SS-C09 warning: the lab "a" is gone from this machine',
  ],
  [
    'a swarm that is silent',
    judgeOthers([other({ kind: 'swarm' })]),
    'SS-C08 warning: the engine of the swarm "a" does not answer',
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
