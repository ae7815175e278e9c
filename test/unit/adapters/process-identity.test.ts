import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

import test from 'ava';

import { describeSelf, hostnameOf, isAlive, parseIdentity } from '../../../src/adapters/files/process-identity.ts';
import { waitFor } from '../../helpers/wait-for.ts';

test('this process lives, and is known by machine, boot and process namespace', (t) => {
  const self = describeSelf();
  t.true(isAlive(self));
  t.is(hostnameOf(self), hostname());
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  t.is(self.host, `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`);
});

test('one that has ended, and another one with its number, do not', (t) => {
  t.false(isAlive({ ...describeSelf(), pid: spawnSync('true').pid }));
  t.false(isAlive({ ...describeSelf(), started: '1' }));
});

test('of another namespace, boot or machine nobody knows', (t) => {
  t.is(isAlive({ ...describeSelf(), host: `${describeSelf().host}1` }), undefined);
  t.is(isAlive({ ...describeSelf(), host: hostname() }), undefined);
});

test('one that was killed and that nobody has waited for is dead', async (t) => {
  // The shell is replaced by a program that never waits for the child it has, which ends after that and not before.
  const script = '(until grep -qx sleep "/proc/$$/comm"; do :; done) & echo $!; exec sleep 60';
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(String(chunk));
  const stat = await waitFor('a zombie', {
    read: async () => readFileSync(`/proc/${pid}/stat`, 'utf8'),
    until: (text) => text.includes(') Z '),
  });
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  t.false(isAlive({ ...describeSelf(), pid, started }));
  parent.kill('SIGKILL');
});

for (const value of [
  undefined,
  null,
  'x',
  {},
  { host: 'h', pid: '1', started: '' },
  { host: 'h', pid: -1, started: '' },
]) {
  test(`${JSON.stringify(value)} is no process`, (t) => t.is(parseIdentity(value), undefined));
}
