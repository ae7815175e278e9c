import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import test from 'ava';

import { UnreachableError } from '../../../src/errors.ts';
import type { AddressChoice } from '../../../src/machines/choose-address.ts';
import { formatReach, reachTable } from '../../../src/machines/format-preflight.ts';
import { parseReach, probeReach, type ReachRequest } from '../../../src/machines/reach.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { fakeMachine, machineFixture } from '../../helpers/machine-readings.ts';

const address = (name: string): AddressChoice => ({
  name,
  address: `10.0.0.${name.slice(1)}`,
  interface: 'eth0',
  mtu: 1500,
});

const request = (names: readonly string[], change: Partial<ReachRequest> = {}): ReachRequest => ({
  script: 'the script',
  addresses: names.map(address),
  managers: ['m1'],
  members: [],
  signal: new AbortController().signal,
  ...change,
});

/** Answers every try the same way. */
const answering = (name: string, answer: string): ReturnType<typeof fakeMachine> =>
  fakeMachine(name, ({ options }) => ({
    status: 0,
    stdout: (options.args ?? [])
      .slice(1)
      .map((target) => `${target} ${answer}\n`)
      .join(''),
    stderr: '',
  }));

test('a real answer is read: open, refused, no way, silence', (t) => {
  const target = (protocol: 'tcp' | 'udp', port: number) =>
    ({ to: 'm1', address: '192.168.197.11', protocol, port }) as const;
  const tries = parseReach(machineFixture('reach'), 'm2', [
    target('tcp', 2377),
    target('tcp', 7946),
    target('udp', 7946),
    target('udp', 4789),
    target('tcp', 9),
  ]);
  t.deepEqual(
    tries.map(({ answer, seen }) => [answer, seen]),
    [
      ['open', undefined],
      ['filtered', 'no answer within 3 s'],
      ['filtered', 'No route to host'],
      ['unknown', 'no answer'],
      ['unknown', 'the try was cut off'],
    ],
  );
});

test('every machine tries all others: managers on 2377, members of the swarm without datagrams', async (t) => {
  const machines = ['m1', 'm2', 'm3'].map((name) => answering(name, 'refused'));
  const matrix = await probeReach(machines, request(['m1', 'm2', 'm3'], { members: ['m3'] }));
  t.deepEqual(
    machines.map(({ ran }) => ran[0]?.options.args?.join(' ')),
    [
      '3 tcp/10.0.0.2/7946 udp/10.0.0.2/7946 udp/10.0.0.2/4789 tcp/10.0.0.3/7946',
      '3 tcp/10.0.0.1/2377 tcp/10.0.0.1/7946 udp/10.0.0.1/7946 udp/10.0.0.1/4789 tcp/10.0.0.3/7946',
      '3 tcp/10.0.0.1/2377 tcp/10.0.0.1/7946 udp/10.0.0.1/7946 udp/10.0.0.1/4789 tcp/10.0.0.2/7946 udp/10.0.0.2/7946 udp/10.0.0.2/4789',
    ],
  );
  t.is(
    formatReach(matrix),
    'from   to m1   to m2   to m3\nm1     ·       ok      ok\nm2     ok      ·       ok\nm3     ok      ok      ·\n',
  );
});

test('a machine that cannot try does not stop the others', async (t) => {
  const lost = fakeMachine('m2', () => Promise.reject(new UnreachableError('the connection was lost')));
  const matrix = await probeReach([answering('m1', 'filtered no answer within 3 s'), lost], request(['m1', 'm2']));
  t.deepEqual(matrix.failures, [{ machine: 'm2', reason: 'the connection was lost' }]);
  t.deepEqual(reachTable(matrix).rows, [
    ['m1', '·', 'NO 7946/tcp, 7946/udp, 4789/udp'],
    ['m2', '-', '·'],
  ]);
});

test('a machine without an address is neither tried nor asked', async (t) => {
  const asked = answering('m1', 'refused');
  const none = { name: 'm2', address: undefined, reason: 'none' } as const;
  const matrix = await probeReach(
    [asked, answering('m2', 'refused')],
    request([], { addresses: [address('m1'), none] }),
  );
  t.deepEqual([matrix.machines, matrix.tries, asked.ran], [['m1'], [], []]);
});

test('of a crowd, each tries the managers and its neighbours, and of the table only what is wrong is shown', async (t) => {
  const names = Array.from({ length: 60 }, (_, index) => `m${index + 1}`);
  const machines = names.map((name) => answering(name, name === 'm7' ? 'filtered no' : 'refused'));
  const matrix = await probeReach(machines, request(names));
  t.true(matrix.tries.length < 60 * 26 * 4);
  for (const name of names) t.true(matrix.tries.filter(({ to }) => to === name).length >= 24 * 3, name);
  const { head, rows } = reachTable(matrix);
  t.deepEqual(head, ['from', 'to', 'reach']);
  t.true(rows.length >= 24 && rows.every(([from]) => from === 'm7'));
});

test('the script tells open, refused and silent ports apart', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const open = (server.address() as net.AddressInfo).port;
  const closed = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const free = (closed.address() as net.AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  const script = readFileSync(path.join(projectRoot, 'docker', 'machine', 'reach.sh'));
  const targets = [`tcp/127.0.0.1/${open}`, `tcp/127.0.0.1/${free}`, `udp/127.0.0.1/${free}`];
  const { stdout, status } = spawnSync('sh', ['-s', '--', '3', ...targets], { input: script, encoding: 'utf8' });
  server.close();
  t.is(status, 0);
  t.deepEqual(
    stdout.trim().split('\n').toSorted(),
    ['end', `${targets[0]} open`, `${targets[1]} refused`, `${targets[2]} refused`].toSorted(),
  );
});
