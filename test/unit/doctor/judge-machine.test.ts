import test from 'ava';

import type { Outcome } from '../../../src/doctor/check.ts';
import {
  judgeBuildx,
  judgeCertificateFiles,
  judgeCommandLine,
  judgeCompose,
  judgeDockerConfig,
  judgeMemory,
  judgeNode,
} from '../../../src/doctor/judge-machine.ts';
import type { ProgramsReading } from '../../../src/doctor/machine-reading.ts';
import { isOlder } from '../../../src/doctor/versions.ts';
import { engine, machine } from '../../helpers/doctor-readings.ts';

const programs = (change: Partial<ProgramsReading>): { readonly programs: ProgramsReading } => ({
  programs: { ...machine().programs, ...change },
});

const cases: readonly (readonly [title: string, outcome: Outcome, expected: string])[] = [
  ['Node.js', judgeNode(machine()), '20.20.2'],
  [
    'an old Node.js',
    judgeNode(machine({ nodeVersion: '18.19.1' })),
    'SS-E17 error: Node.js is older than 20.19 (version 18.19.1)',
  ],
  ['memory', judgeMemory(machine()), '12.88 GB of 17.18 GB available'],
  [
    'little memory',
    judgeMemory(machine({ memory: { totalBytes: 8e9, availableBytes: 1e9 } })),
    'SS-E09 warning: there is little memory for a cluster: two workers of the usual size take 4 GiB, the master 1 GiB ' +
      '(1.00 GB of 8.00 GB available)',
  ],
  ['a system that does not say', judgeMemory(machine({ memory: undefined })), 'the system does not say'],
  ['the command line', judgeCommandLine(machine()), '28.2.2'],
  [
    'no command line',
    judgeCommandLine(machine(programs({ docker: undefined }))),
    'SS-E04 error: the program docker is not there, or does not run (docker --version does not work)',
  ],
  [
    'an old command line',
    judgeCommandLine(machine(programs({ docker: '19.03.8' }))),
    'SS-E04 error: the program docker is older than 20.10 (docker --version: 19.03.8)',
  ],
  [
    'a command line and an engine that do not match',
    judgeCommandLine(
      machine(programs({ refusal: 'client version 1.44 is too new. Maximum supported API version is 1.41' })),
    ),
    'SS-E05 error: the program docker and the engine have no version of the API in common ' +
      '(client version 1.44 is too new. Maximum supported API version is 1.41)',
  ],
  ['Compose', judgeCompose(machine()), '2.26.1-4'],
  [
    'Compose as a program of its own',
    judgeCompose(machine(programs({ compose: undefined, dockerCompose: '2.24.0' }))),
    '2.24.0',
  ],
  [
    'Compose 1 alone',
    judgeCompose(machine(programs({ compose: undefined, dockerCompose: '1.29.2' }))),
    'SS-E06 warning: there is no Docker Compose v2: clusters on a swarm do not need it, those of spark-swarm start do ' +
      '(docker compose does not work; docker-compose: 1.29.2)',
  ],
  ['buildx that is not needed', judgeBuildx(machine(), engine()), "not there; docker's classic builder is used"],
  ['buildx', judgeBuildx(machine(programs({ buildx: '0.19.3' })), engine({ usesContainerdStore: true })), '0.19.3'],
  [
    'buildx that is needed',
    judgeBuildx(machine(), engine({ usesContainerdStore: true })),
    'SS-E07 warning: images cannot be built',
  ],
  ['no certificates of its own', judgeCertificateFiles(machine()), "the system's own"],
  [
    'certificates',
    judgeCertificateFiles(machine({ caFiles: [{ variable: 'SSL_CERT_FILE', file: '/ca.crt', isReadable: true }] })),
    '/ca.crt (SSL_CERT_FILE) is passed on to builds and clusters',
  ],
  [
    'certificates that are not there',
    judgeCertificateFiles(machine({ caFiles: [{ variable: 'SSL_CERT_FILE', file: '/ca.crt', isReadable: false }] })),
    'SS-E12 warning: SSL_CERT_FILE names a file that cannot be read: programs that believe it trust nobody ' +
      '(SSL_CERT_FILE=/ca.crt: there is no such readable file)',
  ],
  ['no settings', judgeDockerConfig(machine()), '~/.docker/config.json is not there, and not needed'],
  [
    'broken settings',
    judgeDockerConfig(machine({ dockerConfig: { state: 'broken', file: 'c.json', seen: 'permission denied' } })),
    "SS-E18 error: the docker command line's settings cannot be read: its contexts are not known (c.json: permission denied)",
  ],
  [
    'a helper that is not there',
    judgeDockerConfig(
      machine({
        dockerConfig: {
          state: 'read',
          file: 'c.json',
          currentContext: undefined,
          hasProxies: false,
          helpers: [
            { program: 'docker-credential-pass', isThere: true },
            { program: 'docker-credential-desktop', isThere: false },
          ],
        },
      }),
    ),
    'SS-E19 error: a program that keeps passwords is named in the settings and is not there: docker build and pull fail ' +
      '(c.json names docker-credential-desktop, not found on PATH)',
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

test('versions are compared by their numbers', (t) => {
  t.true(isOlder('19.03.15', '20.10'));
  t.true(isOlder('1.9', '1.41'));
  t.false(isOlder('20.10.24+dfsg1', '20.10'));
  t.false(isOlder('v2.26.1-4', '2.0'));
  t.false(isOlder('29', '20.10'));
  t.true(isOlder('20', '20.10'));
});
