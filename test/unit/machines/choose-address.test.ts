import test from 'ava';

import { chooseAddresses } from '../../../src/machines/choose-address.ts';
import type { InterfaceAddress, SystemFacts } from '../../../src/machines/facts.ts';
import { isInSubnet, isLocalOnly, isSameIp, isSubnet, parseIp } from '../../../src/machines/ip-network.ts';
import { reading, systemFacts } from '../../helpers/machine-readings.ts';

const on = (name: string, address: string, prefix = 24): InterfaceAddress => ({
  interface: name,
  address,
  prefix,
  mtu: 1500,
});

/** As VirtualBox makes them: a NAT that is the same everywhere, and a network with the host. */
const NAT = [on('eth0', '10.0.2.15'), on('eth1', '192.168.99.101'), on('docker0', '172.17.0.1', 16)];

function chosen(change: Partial<SystemFacts>, advertise?: string, host = 'ssh://root@m1:22'): unknown {
  const facts = systemFacts('m1', { addresses: NAT, connectedTo: undefined, ...change });
  const [choice] = chooseAddresses(
    [{ name: 'm1', access: { host, tls: undefined } }],
    [reading('m1', { system: facts })],
    advertise,
  );
  return choice?.address ?? (choice && 'reason' in choice ? choice.reason : undefined);
}

test('where its engine is dialled comes first, then where ssh came in, then the default route', (t) => {
  t.is(chosen({ connectedTo: '10.0.2.15' }, undefined, 'tcp://192.168.99.101:2376'), '192.168.99.101');
  t.is(chosen({ connectedTo: '192.168.99.101' }), '192.168.99.101');
  t.is(chosen({ connectedTo: '127.0.0.1', defaultInterface: { name: 'eth0', mtu: 1500 } }), '10.0.2.15');
  t.is(chosen({ connectedTo: undefined }, undefined, 'ssh://root@192.168.99.101:22'), '192.168.99.101');
});

test('the only address there is needs no default route', (t) => {
  t.is(
    chosen({ addresses: [on('eth0', '10.0.0.4'), on('br-1a2b', '172.18.0.1')], defaultInterface: undefined }),
    '10.0.0.4',
  );
});

test('what the user names wins: an address, an interface, a subnet', (t) => {
  t.is(chosen({ connectedTo: '10.0.2.15' }, '192.168.99.101'), '192.168.99.101');
  t.is(chosen({ connectedTo: '10.0.2.15' }, 'eth1'), '192.168.99.101');
  t.is(chosen({ connectedTo: '10.0.2.15' }, '192.168.99.0/24'), '192.168.99.101');
  t.is(chosen({ addresses: [...NAT, on('eth2', 'fd00::5', 64)] }, 'fd00::/64'), 'fd00::5');
});

test('what fits nothing is said with what there is', (t) => {
  t.is(chosen({}, 'eth7'), '--advertise-addr eth7 fits none of its addresses: 10.0.2.15 (eth0), 192.168.99.101 (eth1)');
  t.is(
    chosen({ defaultInterface: undefined }),
    'no address is the one to tell the others: it has 10.0.2.15, 192.168.99.101',
  );
  t.is(chosen({ addresses: [] }), 'no address is the one to tell the others: it has none');
});

test('a machine that was not read has no address', (t) => {
  t.deepEqual(chooseAddresses([], [reading('m1', { system: undefined })], undefined), []);
});

test('addresses are compared as numbers', (t) => {
  t.true(isSameIp('fd00:0:0::1', 'fd00::1'));
  t.false(isSameIp('10.0.0.1', '10.0.0.10'));
  t.deepEqual(parseIp('::ffff:10.0.0.1')?.bits, 128);
  t.is(parseIp('10.0.0.256'), undefined);
  t.is(parseIp('eth0'), undefined);
});

test('subnets hold what begins with their bits', (t) => {
  t.true(isInSubnet('10.0.1.77', '10.0.0.0/23'));
  t.false(isInSubnet('10.0.2.1', '10.0.0.0/23'));
  t.true(isInSubnet('fd00::abcd', 'fd00::/64'));
  t.false(isInSubnet('10.0.0.1', 'fd00::/64'));
  t.deepEqual(['10.0.0.0/24', '10.0.0.0', '10.0.0.0/33', 'eth0', 'fd00::/128'].map(isSubnet), [
    true,
    false,
    false,
    false,
    true,
  ]);
  t.deepEqual(['127.0.0.1', '169.254.1.1', '::1', 'fe80::1', '10.0.0.1'].map(isLocalOnly), [
    true,
    true,
    true,
    true,
    false,
  ]);
});
