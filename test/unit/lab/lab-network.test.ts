import test from 'ava';

import { ConflictError } from '../../../src/errors.ts';
import {
  chooseSubnet,
  formatSubnet,
  gatewayAddress,
  nodeAddress,
  overlaps,
  parseRoutes,
  readSubnet,
  type Subnet,
} from '../../../src/lab/lab-network.ts';

function subnet(text: string): Subnet {
  const parsed = readSubnet(text);
  if (!parsed) throw new Error(`test data: ${text}`);
  return parsed;
}

test('a range is read without the bits beyond its prefix', (t) => {
  t.is(formatSubnet(subnet('192.168.77.13/24')), '192.168.77.0/24');
  t.is(formatSubnet(subnet('0.0.0.0/0')), '0.0.0.0/0');
  t.is(formatSubnet(subnet('255.255.255.255/32')), '255.255.255.255/32');
});

for (const text of ['', '192.168.77.0', '192.168.77.0/33', '192.168.256.0/24', 'fd00::/64']) {
  test(`${JSON.stringify(text)} is not an IPv4 range`, (t) => {
    t.is(readSubnet(text), undefined);
  });
}

test('nodes have the addresses from 11 on, the gateway has 1', (t) => {
  t.deepEqual(
    [1, 3, 20].map((node) => nodeAddress(subnet('192.168.77.0/24'), node)),
    ['192.168.77.11', '192.168.77.13', '192.168.77.30'],
  );
  t.is(gatewayAddress(subnet('192.168.77.0/24')), '192.168.77.1');
});

test('ranges overlap when one holds the other', (t) => {
  t.true(overlaps(subnet('192.168.0.0/16'), subnet('192.168.77.0/24')));
  t.true(overlaps(subnet('192.168.77.128/25'), subnet('192.168.77.0/24')));
  t.false(overlaps(subnet('192.168.76.0/24'), subnet('192.168.77.0/24')));
});

test('the first choice is 192.168.77.0/24, and the next free one when that is taken', (t) => {
  t.is(formatSubnet(chooseSubnet([])), '192.168.77.0/24');
  t.is(formatSubnet(chooseSubnet([subnet('192.168.77.64/26'), subnet('192.168.78.0/23')])), '192.168.80.0/24');
});

test('a lab comes back to where it was, if that is still free', (t) => {
  const before = subnet('192.168.90.0/24');
  t.is(formatSubnet(chooseSubnet([], before)), '192.168.90.0/24');
  t.is(formatSubnet(chooseSubnet([before], before)), '192.168.77.0/24');
});

test('with every range taken it says so', (t) => {
  t.throws(() => chooseSubnet([subnet('192.168.0.0/16')]), {
    instanceOf: ConflictError,
    message: 'Cannot choose a network for the lab: every 192.168.x.0/24 overlaps with a route or a docker network',
  });
});

test("the kernel's routes are read: the default one of the lowest metric, and what the others reach", (t) => {
  const routes = parseRoutes(
    [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      '',
    ].join('\n'),
  );
  t.is(routes.defaultInterface, 'eth0');
  t.deepEqual(routes.subnets.map(formatSubnet), ['172.17.0.0/16', '192.0.2.0/24']);
});

test('a system without such a table has no routes', (t) => {
  t.deepEqual(parseRoutes(''), { defaultInterface: undefined, subnets: [] });
});
