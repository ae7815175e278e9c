import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { parseHosts } from '../../../src/machines/parse-hosts.ts';
import { chooseMachines, parsePrefix, type MachineFlags } from '../../../src/swarm/choose-machines.ts';

const NO_SIZE = { cores: undefined, memoryBytes: undefined, diskBytes: undefined };

function choose(flags: Partial<MachineFlags>): ReturnType<typeof chooseMachines> {
  return chooseMachines({
    hosts: undefined,
    labNodes: undefined,
    inventory: undefined,
    create: false,
    size: NO_SIZE,
    driverFlags: [],
    ...flags,
  });
}

test('--create makes as many machines as --num says, named by --prefix', (t) => {
  t.deepEqual(choose({ create: true, num: 4, prefix: 'lab' }), [
    {
      source: 'docker-machine',
      names: ['lab1', 'lab2', 'lab3', 'lab4'],
      create: { driver: 'virtualbox', size: NO_SIZE, driverFlags: [], hosts: [] },
    },
  ]);
});

test('three machines named myvm are what the older script made', (t) => {
  const [made] = choose({ create: true });
  t.deepEqual(made?.source === 'docker-machine' && made.names, ['myvm1', 'myvm2', 'myvm3']);
});

test('without --create the machines are taken as they are', (t) => {
  t.deepEqual(choose({ num: 2 }), [{ source: 'docker-machine', names: ['myvm1', 'myvm2'], create: undefined }]);
});

test('the driver generic makes one machine of each host', (t) => {
  const hosts = parseHosts('root@a,root@b', '--hosts');
  const [made] = choose({
    create: true,
    driver: 'generic',
    hosts,
    prefix: 'vm',
    driverFlags: ['--generic-ssh-port', '23'],
  });
  t.deepEqual(made, {
    source: 'docker-machine',
    names: ['vm1', 'vm2'],
    create: { driver: 'generic', size: NO_SIZE, driverFlags: ['--generic-ssh-port', '23'], hosts },
  });
});

test('hosts of a list and of a file come together', (t) => {
  const [made] = choose({ hosts: parseHosts('a', '--hosts'), inventory: parseHosts('b', '--inventory') });
  t.deepEqual(made?.source === 'ssh' && made.hosts.map(({ host }) => host), ['a', 'b']);
});

test("a lab's nodes are named", (t) => {
  t.deepEqual(choose({ labNodes: ['lab-1', 'lab-2'] }), [{ source: 'lab', nodes: ['lab-1', 'lab-2'] }]);
});

const hosts = parseHosts('a,b', '--hosts');
const wrong: readonly (readonly [flags: Partial<MachineFlags>, message: string])[] = [
  [{}, 'No machines are named: expected --hosts A,B,C, --inventory FILE, or --create'],
  [{ driverFlags: ['host1'] }, 'unexpected argument "host1"'],
  [{ create: true, driverFlags: ['myvm'] }, 'unexpected argument "myvm"'],
  [{ hosts, num: 3 }, '--num names machines of docker-machine, and --hosts names others; expected one of them'],
  [{ hosts, driver: 'virtualbox' }, '--driver is about machines that are made; expected --create with it'],
  [{ size: { ...NO_SIZE, cores: 2 } }, '--machine-cores is about machines that are made; expected --create with it'],
  [{ create: true, driver: 'generic' }, '--driver generic: expected --hosts, one for each machine'],
  [{ create: true, driver: 'generic', hosts, num: 3 }, '--num and --hosts contradict each other (3, 2 hosts)'],
  [
    { create: true, hosts },
    '--driver virtualbox makes machines of its own; --hosts and --inventory go with --driver generic, or without --create',
  ],
  [{ labNodes: [] }, '--source lab: expected --hosts with the names of its nodes, like lab-1,lab-2'],
  [{ create: true, labNodes: ['lab-1'] }, "--create: a lab's nodes are made by lab up"],
];
for (const [flags, message] of wrong) {
  test(`refused: ${message}`, (t) => {
    t.throws(() => choose(flags), { instanceOf: UsageError, message });
  });
}

test('a prefix becomes a host name', (t) => {
  t.is(parsePrefix('my-vm', '--prefix'), 'my-vm');
  t.throws(() => parsePrefix('my_vm', '--prefix'), {
    instanceOf: UsageError,
    message:
      '--prefix: got "my_vm"; expected letters, digits, dashes and dots, beginning with a letter or digit: host names have no _',
  });
});
