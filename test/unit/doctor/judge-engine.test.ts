import test from 'ava';

import type { Outcome } from '../../../src/doctor/check.ts';
import {
  judgeClock,
  judgeDisk,
  judgeEngine,
  judgeLimits,
  judgePacketSize,
  judgeProxy,
  judgeRights,
  judgeStorage,
} from '../../../src/doctor/judge-engine.ts';
import type { SilentEngine } from '../../../src/doctor/machine-reading.ts';
import { engine, machine } from '../../helpers/doctor-readings.ts';

const silent = (why: SilentEngine['why'], seen: string): SilentEngine => ({
  state: 'silent',
  name: 'unix:///var/run/docker.sock',
  isLocal: true,
  why,
  seen,
});

const busy = { state: 'busy', name: 'far', isLocal: false, version: '26.1.5', apiVersion: '1.45' } as const;

const cases: readonly (readonly [title: string, outcome: Outcome, expected: string])[] = [
  [
    'an engine that is well',
    judgeEngine(engine(), 'linux', true),
    '20.10.24, API 1.41, at unix:///var/run/docker.sock',
  ],
  [
    'no socket',
    judgeEngine(silent('no socket', 'there is no such socket'), 'linux', true),
    'SS-E01 error: no engine runs (unix:///var/run/docker.sock: there is no such socket)',
  ],
  ['none that is needed', judgeEngine(silent('no socket', ''), 'linux', false), 'none is needed: another one is used'],
  [
    'a closed door',
    judgeEngine(silent('not allowed', 'permission denied'), 'linux', true),
    'SS-E02 error: the engine runs and does not let this user in (unix:///var/run/docker.sock: permission denied)',
  ],
  [
    'an old engine',
    judgeEngine(engine({ version: '19.03.15', apiVersion: '1.40' }), 'linux', true),
    'SS-E03 error: the engine is older than 20.10 (unix:///var/run/docker.sock: version 19.03.15, API 1.40; needed is API 1.41)',
  ],
  ['an engine that is busy', judgeDisk(busy), 'not known: it does not say within 5 s'],
  ['its version', judgeEngine(busy, 'linux', true), '26.1.5, API 1.45, at far'],
  ['room on the disk', judgeDisk(engine()), '46.00 GB of 270.00 GB free in /var/lib/docker'],
  [
    'little room',
    judgeDisk(engine({ disk: { freeBytes: 3e9, totalBytes: 20e9 } })),
    "SS-E08 warning: little space is left for images: a first build of Spark's takes 4 GB, each node's copy 0.8 GB " +
      '(3.00 GB of 20.00 GB free in /var/lib/docker)',
  ],
  ['no room', judgeDisk(engine({ disk: { freeBytes: 3e8, totalBytes: 20e9 } })), 'SS-E08 error'],
  ["another machine's disk", judgeDisk(engine({ disk: undefined })), 'it is on another machine'],
  ['packets that fit', judgePacketSize(engine(), machine()), "1400 bytes on docker's bridge, 1400 bytes on eth0"],
  [
    'packets that are too large',
    judgePacketSize(engine({ bridgeMtu: 1500 }), machine()),
    "SS-E10 warning: docker's bridge sends larger packets than the way out takes: downloads in containers hang " +
      "(1500 bytes on docker's bridge, 1400 bytes on eth0)",
  ],
  ['overlay2', judgeStorage(engine()), 'overlay2'],
  ['vfs', judgeStorage(engine({ storageDriver: 'vfs' })), 'SS-E13 warning'],
  ['limits', judgeLimits(engine()), 'cgroup v1'],
  ['no limits', judgeLimits(engine({ hasMemoryLimit: false })), 'SS-E14 warning'],
  ['root', judgeRights(engine()), 'runs as root'],
  [
    'rootless',
    judgeRights(engine({ securityOptions: ['seccomp', 'rootless'] })),
    'SS-E15 warning: the engine runs without root',
  ],
  ['userns', judgeRights(engine({ securityOptions: ['userns'] })), 'SS-E15 warning: the engine renames users'],
  ['a clock that is right', judgeClock(engine()), "0.1 s behind this machine's, measured to 0.2 s"],
  [
    'a clock that is wrong',
    judgeClock(engine({ clockAheadMs: 61_000, clockErrorMs: 300 })),
    "SS-E16 warning: its clock differs from this machine's: certificates and the age of locks are judged wrongly " +
      "(61.0 s ahead of this machine's, measured to 0.3 s)",
  ],
  [
    'a clock that cannot be told from a slow answer',
    judgeClock(engine({ clockAheadMs: 4000, clockErrorMs: 3000 })),
    '4.0 s ahead',
  ],
  ['no proxy', judgeProxy(engine(), machine()), 'none'],
  [
    'a proxy that the engine has, too',
    judgeProxy(engine({ hasProxy: true }), machine({ proxyVariables: ['HTTPS_PROXY'] })),
    'HTTPS_PROXY here, and the engine has one',
  ],
  [
    'a proxy that the engine has not',
    judgeProxy(engine(), machine({ proxyVariables: ['HTTPS_PROXY'] })),
    'SS-E11 warning: this shell goes out by a proxy that the engine does not know: it cannot pull images ' +
      '(HTTPS_PROXY set here; docker info shows no proxy)',
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
