import test from 'ava';

import { ConflictError, InvalidStateError } from '../../../src/errors.ts';
import type { NodeSwarmInfo } from '../../../src/swarm/members.ts';
import {
  planFirst,
  planMember,
  refuseLostAddress,
  type MembershipPolicy,
  type NodeReading,
} from '../../../src/swarm/plan-membership.ts';
import { member, nodeInfo } from '../../helpers/swarm-builders.ts';

const LAB: MembershipPolicy = { kind: 'reform', context: 'spark-lab' };
const MACHINES: MembershipPolicy = { kind: 'protect', context: 'spark-swarm' };
const ACTIVE = { state: 'active', nodeId: 'a', nodeAddress: '192.168.77.11', isManager: true } as const;

function reading(swarm: Partial<NodeSwarmInfo> = {}): NodeReading {
  return {
    name: 'lab-1',
    hostname: 'lab-1',
    address: '192.168.77.11',
    ownAddresses: ['192.168.77.11'],
    swarm: nodeInfo('lab-1', { ...ACTIVE, ...swarm }).swarm,
  };
}

test('a manager in good order keeps its swarm', (t) => {
  t.is(planFirst(reading(), LAB), 'keep');
});

for (const policy of [LAB, MACHINES]) {
  test(`a fresh engine makes a swarm (${policy.kind})`, (t) => {
    t.is(planFirst(reading({ state: 'inactive', nodeId: '' }), policy), 'init');
  });

  test(`a join that was interrupted is cleaned (${policy.kind})`, (t) => {
    const pending = reading({ state: 'pending', nodeId: '', nodeAddress: '' });
    t.is(planFirst(pending, policy), 'leave-and-init');
    t.is(planMember(pending, [member('c', 'lab-2')], policy), 'leave-and-join');
  });

  test(`a locked swarm is left to its user (${policy.kind})`, (t) => {
    const error = t.throws(() => planFirst(reading({ state: 'locked' }), policy), { instanceOf: InvalidStateError });
    t.is(error?.message, 'Cannot use the swarm of lab-1: it is locked');
    t.is(error?.hint, `docker --context ${policy.context} swarm unlock`);
  });

  test(`a node that is a member keeps its place (${policy.kind})`, (t) => {
    t.is(planMember(reading({ nodeId: 'b' }), [member('b', 'lab-2')], policy), 'keep');
    t.is(planMember(reading({ nodeId: 'b', state: 'pending' }), [member('b', 'lab-2')], policy), 'keep');
  });

  test(`a member whose certificate ran out, or whose address is gone, joins anew (${policy.kind})`, (t) => {
    const members = [member('b', 'lab-2')];
    t.is(
      planMember(reading({ nodeId: 'b', state: 'error' }), [member('b', 'lab-2', { state: 'down' })], policy),
      'leave-and-join',
    );
    // Docker 26.1: promoted while another manager was lost, it calls itself `error` and works.
    t.is(planMember(reading({ nodeId: 'b', state: 'error' }), members, policy), 'keep');
    t.is(planMember(reading({ nodeId: 'b', nodeAddress: '192.168.90.12' }), members, policy), 'leave-and-join');
  });
}

for (const swarm of [
  { state: 'error', error: 'certificates have expired' },
  { state: 'pending' },
  { nodeAddress: '192.168.90.11' },
]) {
  test(`a lab's swarm with ${JSON.stringify(swarm)} is made anew`, (t) => {
    t.is(planFirst(reading(swarm), LAB), 'leave-and-init');
  });
}

test("a lab's manager that was demoted is left to its user", (t) => {
  t.throws(() => planFirst(reading({ isManager: false }), LAB), {
    instanceOf: InvalidStateError,
    message: 'Cannot manage the swarm: lab-1 is not a manager any more',
  });
});

test('a node that belongs to nothing joins', (t) => {
  t.is(planMember(reading({ state: 'inactive', nodeId: '' }), [], MACHINES), 'join');
});

test("a lab's node of another swarm leaves that first", (t) => {
  t.is(planMember(reading({ nodeId: 'b' }), [member('c', 'lab-2')], LAB), 'leave-and-join');
});

test('a machine in another swarm is refused, never forced', (t) => {
  const error = t.throws(() => planMember(reading({ nodeId: 'b' }), [member('c', 'lab-2')], MACHINES), {
    instanceOf: ConflictError,
  });
  t.is(error?.message, 'Cannot use lab-1: lab-1 is a manager of another swarm');
  t.is(error?.hint, 'if nobody needs that swarm: docker swarm leave --force, on lab-1');
  t.throws(() => planFirst(reading(), MACHINES), { instanceOf: ConflictError });
  t.throws(() => planFirst(reading({ state: 'error', error: 'certificates have expired' }), MACHINES), {
    message: 'Cannot use lab-1: lab-1 is a manager of another swarm (error: certificates have expired)',
  });
});

test('a machine whose entry was removed from this swarm joins it again', (t) => {
  const removed = reading({ nodeId: 'gone', isManager: false, managerIds: ['m'] });
  t.is(planMember(removed, [member('m', 'lab-2', { role: 'manager' })], MACHINES), 'leave-and-join');
});

test('a machine with several addresses is found at each of them', (t) => {
  const twoAddresses = {
    ...reading({ nodeId: 'b', nodeAddress: '10.0.0.4' }),
    ownAddresses: ['192.168.77.11', '10.0.0.4'],
  };
  t.is(planMember(twoAddresses, [member('b', 'lab-1')], MACHINES), 'keep');
});

test('the only manager at another address is no repair', (t) => {
  const manager = member('a', 'lab-1', { role: 'manager' });
  const error = t.throws(() => refuseLostAddress(reading({ nodeAddress: '10.9.9.9' }), [manager], 'spark-swarm'), {
    instanceOf: InvalidStateError,
  });
  t.is(error?.message, 'Cannot repair the swarm: its only manager lab-1 was at 10.9.9.9, and has 192.168.77.11 now');
  t.is(error?.hint, 'give it 10.9.9.9 again, or: spark-swarm swarm leave --context spark-swarm, and create again');
  t.notThrows(() =>
    refuseLostAddress(reading({ nodeAddress: '10.9.9.9' }), [manager, member('b', 'lab-2', { role: 'manager' })], 'x'),
  );
});
