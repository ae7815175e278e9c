import test from 'ava';

import { parseProbe } from '../../../../src/adapters/doctor/probe-programs.ts';

const nodes = new Map([
  ['10.0.1.4', 'b'],
  ['10.0.1.6', 'c'],
]);

test('what a probe prints is read by the names of the nodes', (t) => {
  const text = 'interface\t1350\npeer\t10.0.1.4\trefused\tyes\t1350\t-\npeer\t10.0.1.6\tNo route to host\tno\t-\t-\n';
  t.deepEqual(parseProbe('a', text, nodes), {
    node: 'a',
    interfaceMtu: 1350,
    peers: [
      { node: 'b', tcp: 'refused', isUdpAnswered: true, passedBytes: 1350, lostBytes: undefined },
      { node: 'c', tcp: 'No route to host', isUdpAnswered: false, passedBytes: undefined, lostBytes: undefined },
    ],
  });
});

test('the size that passed and the one that was lost are numbers; strangers are left out', (t) => {
  const text = 'interface\t1450\npeer\t10.0.1.4\trefused\tyes\t1350\t1370\npeer\t10.9.9.9\trefused\tyes\t1350\t-\n';
  t.deepEqual(parseProbe('a', text, nodes)?.peers, [
    { node: 'b', tcp: 'refused', isUdpAnswered: true, passedBytes: 1350, lostBytes: 1370 },
  ]);
});

test('a program that could not even read its interface has no view', (t) => {
  t.is(parseProbe('a', 'bash: /sys/class/net/eth0/mtu: No such file or directory\n', nodes), undefined);
});
