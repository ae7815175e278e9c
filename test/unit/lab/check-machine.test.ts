import test from 'ava';

import { InvalidStateError } from '../../../src/errors.ts';
import { refuseOtherMachine, type OuterInfo } from '../../../src/lab/check-machine.ts';

const LOCAL = { kind: 'unix', socketPath: '/var/run/docker.sock' } as const;
const FACTS = { platform: 'linux', hostname: 'vm', kernelRelease: '6.18' } as const;
const INFO: OuterInfo = {
  ID: 'x',
  Name: 'vm',
  OSType: 'linux',
  OperatingSystem: 'Debian',
  KernelVersion: '6.18',
  SecurityOptions: null,
};

test('an engine on this machine is fine', (t) => {
  t.notThrows(() => refuseOtherMachine(LOCAL, INFO, FACTS));
});

for (const [seen, changes, facts] of [
  ['this is Docker Desktop, whose engine runs in a machine of its own', { OperatingSystem: 'Docker Desktop' }, FACTS],
  ['this machine runs darwin', {}, { ...FACTS, platform: 'darwin' as const }],
  ['the engine runs windows', { OSType: 'windows' }, FACTS],
  ["the engine's kernel is 5.10, this machine's is 6.18", { KernelVersion: '5.10' }, FACTS],
  ['the engine\'s host is "server", this one is "vm"', { Name: 'server' }, FACTS],
  ['this engine is rootless: its containers cannot run engines', { SecurityOptions: ['name=rootless'] }, FACTS],
] as const) {
  test(`refused: ${seen}`, (t) => {
    const error = t.throws(() => refuseOtherMachine(LOCAL, { ...INFO, ...changes }, facts), {
      instanceOf: InvalidStateError,
    });
    t.is(error?.message, `Cannot set up a lab: it needs a Linux engine on this same machine, and ${seen}`);
    t.is(error?.hint, 'make that engine a swarm of its own (docker swarm init), then: spark-swarm deploy');
  });
}

test('refused: an engine behind tcp', (t) => {
  t.throws(() => refuseOtherMachine({ kind: 'tcp', host: '127.0.0.1', port: 2375, tls: undefined }, INFO, FACTS), {
    message:
      'Cannot set up a lab: it needs a Linux engine on this same machine, and the engine is at tcp://127.0.0.1:2375',
  });
});
