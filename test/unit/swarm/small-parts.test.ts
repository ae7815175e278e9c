import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { chooseAddressPool } from '../../../src/swarm/address-pool.ts';
import { describeQuorum, formatQuorum } from '../../../src/swarm/quorum.ts';
import {
  parseSwarmName,
  readSwarmContextName,
  swarmCommand,
  swarmContextDescription,
} from '../../../src/swarm/swarm-name.ts';

test("a swarm's networks are where none of the machines' networks is", (t) => {
  t.is(chooseAddressPool(['192.168.1.4/24', '127.0.0.1/8', 'fe80::1/64']), '10.210.0.0/16');
  t.is(chooseAddressPool(['10.210.3.4/24']), '10.98.0.0/16');
  t.is(chooseAddressPool(['10.0.0.4/8']), '172.26.0.0/16');
  t.is(chooseAddressPool(['10.0.0.4/8', '172.16.0.1/12']), '192.168.192.0/18');
  t.is(chooseAddressPool(['0.0.0.0/0']), '10.210.0.0/16');
});

test('the arithmetic of managers', (t) => {
  t.is(formatQuorum(1, 1), '1 of 1 managers must answer, 1 does');
  t.is(formatQuorum(3, 1), '2 of 3 managers must answer, 1 does');
  t.is(formatQuorum(5, 2), '3 of 5 managers must answer, 2 do');
});

test("docker's words about it are shortened", (t) => {
  const words =
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.";
  t.is(describeQuorum(words), 'The swarm does not have a leader');
});

test("a context's description says whose it is", (t) => {
  t.is(readSwarmContextName(swarmContextDescription('den-2')), 'den-2');
  t.is(readSwarmContextName('spark-swarm lab "lab"'), undefined);
});

test('names are short, and fit contexts', (t) => {
  t.is(parseSwarmName('den-2', '--name'), 'den-2');
  t.throws(() => parseSwarmName('Den', '--name'), {
    instanceOf: UsageError,
    message: '--name: got "Den"; expected 2 to 20 lower-case letters, digits and dashes, beginning with a letter',
  });
});

test('hints name the swarm where it is not the usual one', (t) => {
  t.is(swarmCommand('create', 'swarm'), 'spark-swarm swarm create');
  t.is(swarmCommand('create', 'den', '--managers 1'), 'spark-swarm swarm create --name den --managers 1');
  t.is(swarmCommand('leave', 'den'), 'spark-swarm swarm leave --context spark-den');
});
