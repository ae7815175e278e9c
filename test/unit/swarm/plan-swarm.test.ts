import test from 'ava';

import { ConflictError, UsageError } from '../../../src/errors.ts';
import type { NodeSwarmInfo, SwarmMember } from '../../../src/swarm/members.ts';
import { describePlan, planSwarm, type MachineReading, type SwarmSituation } from '../../../src/swarm/plan-swarm.ts';
import { member, nodeInfo } from '../../helpers/swarm-builders.ts';

const labelsOf = (name: string): Readonly<Record<string, string>> => ({
  'io.spark-swarm.node.swarm': 'swarm',
  'io.spark-swarm.node.machine': `ssh/root@${name}:22`,
  'io.spark-swarm.node.engine': `ssh://root@${name}:22`,
  'io.spark-swarm.node.mtu': '1400',
});

function machine(name: string, swarm: Partial<NodeSwarmInfo> = {}): MachineReading {
  const address = `10.0.0.${name.slice(1)}`;
  return {
    name,
    hostname: `host-${name}`,
    address,
    ownAddresses: [address],
    labels: labelsOf(name),
    swarm: nodeInfo(name, { nodeAddress: swarm.nodeId ? address : '', ...swarm }).swarm,
  };
}

/** A machine that is a node in good order, and its entry. */
function pair(name: string, facts: Partial<SwarmMember> = {}): readonly [MachineReading, SwarmMember] {
  const id = `id-of-${name}-00000`;
  const isManager = facts.role === 'manager';
  return [
    machine(name, { state: 'active', nodeId: id, isManager }),
    member(id, `host-${name}`, { labels: labelsOf(name), ...facts }),
  ];
}

function plan(
  machines: readonly MachineReading[],
  members: readonly SwarmMember[] | undefined,
  facts: Partial<SwarmSituation> = {},
): ReturnType<typeof planSwarm> {
  return planSwarm({
    name: 'swarm',
    machines,
    members,
    wasThere: members !== undefined,
    managers: undefined,
    drainManagers: undefined,
    policy: { kind: 'protect', context: 'spark-swarm' },
    ...facts,
  });
}

test('of free machines the first begins and the others join', (t) => {
  const made = plan([machine('a1'), machine('a2'), machine('a3')], undefined);
  t.deepEqual(describePlan(made), [
    'a1 (host-a1): starts the swarm',
    'a2 (host-a2): joins as worker',
    'a3 (host-a3): joins as worker',
  ]);
  t.deepEqual(made.refusals, []);
});

test('as many managers as asked for join as such, and are drained where that is asked for', (t) => {
  const machines = ['a1', 'a2', 'a3', 'a4'].map((name) => machine(name));
  t.deepEqual(describePlan(plan(machines, undefined, { managers: 3, drainManagers: true })), [
    'a1 (host-a1): starts the swarm, drained',
    'a2 (host-a2): joins as manager, drained',
    'a3 (host-a3): joins as manager, drained',
    'a4 (host-a4): joins as worker',
  ]);
});

test('where all is right there is nothing to do', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2');
  t.deepEqual(describePlan(plan([a1, a2], [m1, m2])), []);
  t.deepEqual(describePlan(plan([a2, a1], [m1, m2])), []);
});

test('a node gets its labels back', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { labels: {} });
  t.deepEqual(describePlan(plan([a1, a2], [m1, m2])), ['a2 (host-a2): gets its labels back']);
});

test('a join that was interrupted is brought to its end; what its user drained stays drained', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', {
    availability: 'drain',
    labels: { ...labelsOf('a2'), 'io.spark-swarm.node.joining': 'yes' },
  });
  const [a3, m3] = pair('a3', { availability: 'drain' });
  const made = plan([a1, a2, a3], [m1, m2, m3]);
  t.deepEqual(describePlan(made), ['a2 (host-a2): made active']);
  t.deepEqual(
    made.nodes.map(({ needsImages }) => needsImages),
    [false, true, false],
  );
});

test('a join that was killed before its first label is brought to its end, images first', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { availability: 'drain', labels: {} });
  const made = plan([a1, a2], [m1, m2]);
  t.deepEqual(describePlan(made), ['a2 (host-a2): gets its labels back, made active']);
  t.deepEqual(
    made.nodes.map(({ needsImages }) => needsImages),
    [false, true],
  );
});

test('a node that its managers do not see is waited for', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { state: 'down' });
  t.deepEqual(describePlan(plan([a1, a2], [m1, m2])), ['a2 (host-a2): is down, and waited for']);
});

test('a manager with a new address gives up its place before it joins anew', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { role: 'manager' });
  const [a3, m3] = pair('a3', { role: 'manager' });
  const moved = { ...a2, swarm: { ...a2.swarm, nodeAddress: '10.9.9.9' } };
  const made = plan([a1, moved, a3], [m1, m2, m3]);
  t.deepEqual(describePlan(made), ['a2 (host-a2): leaves what is left of an earlier join, and joins as manager']);
  t.deepEqual(
    made.nodes.map(({ entry }) => entry),
    [undefined, m2, undefined],
  );
});

test('a machine that was replaced joins anew, and its old entry goes, also while it still counts as ready', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [, m2] = pair('a2');
  for (const state of ['down', 'ready']) {
    t.deepEqual(describePlan(plan([a1, machine('a2')], [m1, { ...m2, state }])), [
      'a2 (host-a2): joins as worker',
      `stale entry host-a2 (id-of-a2-000, ${state}): is removed`,
    ]);
  }
});

test("an entry without our label, and another machine's of the same name, stay", (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const foreign = member('foreign', 'host-a2', { state: 'down' });
  for (const state of ['ready', 'down']) {
    const namesake = member('namesake', 'host-a2', { labels: labelsOf('a9'), state });
    t.deepEqual(describePlan(plan([a1, machine('a2')], [m1, foreign, namesake])), ['a2 (host-a2): joins as worker']);
  }
});

test('a lost manager of three is replaced where three are asked for', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { role: 'manager' });
  const [, m3] = pair('a3', { role: 'manager', state: 'down', reachability: 'unreachable' });
  const [a4, m4] = pair('a4');
  t.deepEqual(describePlan(plan([a1, a2, a4], [m1, m2, m3, m4], { managers: 3 })), [
    'a4 (host-a4): becomes manager',
    'stale entry host-a3 (id-of-a3-000, down): is removed',
  ]);
});

test('a manager that is down keeps its place while nobody asks for a number of them', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { role: 'manager' });
  const [, m3] = pair('a3', { role: 'manager', state: 'down', reachability: 'unreachable' });
  const [a4, m4] = pair('a4');
  t.deepEqual(describePlan(plan([a1, a2, a4], [m1, m2, m3, m4])), []);
  t.deepEqual(describePlan(plan([machine('a5')], [m1, m2, m3, m4])), ['a5 (host-a5): joins as worker']);
});

test('managers are as many as asked for, or it is refused: never two', (t) => {
  const [, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2');
  const [, m3] = pair('a3');
  const refused = (...given: Parameters<typeof plan>): unknown =>
    plan(...given).refusals.map((refusal) => [refusal instanceof UsageError, refusal.message, refusal.hint]);
  t.deepEqual(refused([machine('a4')], [m1, m2, m3], { managers: 3 }), [
    [
      true,
      '--managers: got 3; there would be 2, because only machines that are named change',
      'name 1 machine more that may manage (--hosts …), also one that is a worker now',
    ],
  ]);
  t.deepEqual(refused([a2, machine('a4')], [m1, m2, m3], { managers: 3 }), []);
  const managers = [m1, { ...m2, role: 'manager' }, { ...m3, role: 'manager' }] as const;
  t.deepEqual(refused([a2], managers, { managers: 1 }), [
    [
      true,
      '--managers: got 1; there would be 2, because host-a1, host-a3 manage it too',
      'name every manager (--hosts …), so that those which are too many become workers',
    ],
  ]);
  t.deepEqual(refused([machine('a4')], [m1, m2, m3], { managers: 1 }), []);
});

test('a lost manager stays listed where nobody can take its place', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { role: 'manager' });
  const [, m3] = pair('a3', { role: 'manager', state: 'down', reachability: 'unreachable' });
  t.deepEqual(describePlan(plan([a1, a2], [m1, m2, m3])), []);
});

test('a replaced manager becomes a manager again', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager' });
  const [a2, m2] = pair('a2', { role: 'manager' });
  const [, m3] = pair('a3', { role: 'manager', state: 'down' });
  t.deepEqual(describePlan(plan([a1, a2, machine('a3')], [m1, m2, m3])), [
    'a3 (host-a3): joins as manager',
    'stale entry host-a3 (id-of-a3-000, down): is removed',
  ]);
});

test('managers of machines that are not named count', (t) => {
  const [, m1] = pair('a1', { role: 'manager' });
  t.deepEqual(describePlan(plan([machine('a2')], [m1])), ['a2 (host-a2): joins as worker']);
});

test('fewer managers make the last ones workers, and those work again', (t) => {
  const [a1, m1] = pair('a1', { role: 'manager', availability: 'drain' });
  const [a2, m2] = pair('a2', { role: 'manager', availability: 'drain' });
  const [a3, m3] = pair('a3', { role: 'manager' });
  t.deepEqual(describePlan(plan([a1, a2, a3], [m1, m2, m3], { managers: 1 })), [
    'a2 (host-a2): becomes worker, made active',
    'a3 (host-a3): becomes worker',
  ]);
});

test('a manager that takes the place of one in a swarm of drained managers is drained', (t) => {
  const drained = { role: 'manager', availability: 'drain' } as const;
  const [a1, m1] = pair('a1', drained);
  const [a2, m2] = pair('a2', drained);
  const [, m3] = pair('a3', { ...drained, state: 'down' });
  const [a4, m4] = pair('a4');
  const [a5, m5] = pair('a5');
  t.deepEqual(
    describePlan(plan([a1, a2, a4, a5], [m1, m2, m3, m4, m5], { managers: 3 }))[0],
    'a4 (host-a4): becomes manager, drained',
  );
});

test('three managers need three machines', (t) => {
  const { refusals } = plan([machine('a1'), machine('a2')], undefined, { managers: 3 });
  t.true(refusals[0] instanceof UsageError);
  t.deepEqual(
    refusals.map(({ message }) => message),
    ['--managers: got 3; there are 2 machines'],
  );
});

test('managers are not drained where nothing else is left', (t) => {
  const { refusals } = plan([machine('a1')], undefined, { drainManagers: true });
  t.deepEqual(
    refusals.map(({ message }) => message),
    ['--drain-managers: the only machine manages the swarm, and none would be left for clusters'],
  );
});

test('every machine in another swarm is refused, all at once', (t) => {
  const foreign = { state: 'active', nodeId: 'x', managerIds: ['y'] };
  const { refusals } = plan([machine('a1', foreign), machine('a2'), machine('a3', foreign)], undefined);
  t.true(refusals.every((refusal) => refusal instanceof ConflictError));
  t.deepEqual(
    refusals.map(({ message }) => message),
    ['Cannot use a1: host-a1 is part of another swarm', 'Cannot use a3: host-a3 is part of another swarm'],
  );
});

test('no second swarm is begun while machines wait for the managers of the first', (t) => {
  const waiting = { state: 'active', nodeId: 'x', managerIds: ['y'] };
  const { refusals } = plan([machine('a1'), machine('a2', waiting)], undefined, { wasThere: true });
  t.deepEqual(
    refusals.map(({ message, hint }) => [message, hint]),
    [
      [
        'Cannot repair the swarm "swarm": none of its managers answers, and host-a2 (a2) is in a swarm still (active)',
        'bring a manager back and run the same again; to begin anew, on each machine: docker swarm leave --force',
      ],
    ],
  );
  t.deepEqual(plan([machine('a1'), machine('a2')], undefined, { wasThere: true }).refusals, []);
});
