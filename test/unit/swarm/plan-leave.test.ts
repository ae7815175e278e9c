import test from 'ava';

import type { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { ConflictError, NotFoundError, UsageError } from '../../../src/errors.ts';
import type { FoundSwarm } from '../../../src/swarm/find-swarm.ts';
import type { SwarmMember } from '../../../src/swarm/members.ts';
import { planLeave, refuseOccupied, type LeavePlan } from '../../../src/swarm/plan-leave.ts';
import { member } from '../../helpers/swarm-builders.ts';

const manager = { name: 'ssh://root@a1:22' } as EngineApi;

function ours(name: string, facts: Partial<SwarmMember> = {}): SwarmMember {
  const labels = { 'io.spark-swarm.node.swarm': 'swarm', 'io.spark-swarm.node.machine': `ssh/root@${name}:22` };
  return member(`id-of-${name}`, name, { labels, ...facts });
}

const A1 = ours('a1', { role: 'manager' });
const A2 = ours('a2');
const A3 = ours('a3');

function plan(
  members: readonly SwarmMember[],
  wish: { readonly nodes?: readonly string[]; readonly force?: boolean; readonly name?: string | undefined } = {},
): LeavePlan {
  const found: FoundSwarm = { manager, clusterId: 'c', name: 'name' in wish ? wish.name : 'swarm', members };
  return planLeave({ nodes: wish.nodes ?? [], force: wish.force ?? false }, found, 'id-of-a1');
}

const names = (nodes: readonly SwarmMember[]): readonly string[] => nodes.map(({ hostname }) => hostname);

test('of a whole swarm workers leave first and the manager that is asked last', (t) => {
  const { isWhole, leaving, dead } = plan([A1, ours('a4', { role: 'manager' }), A2, ours('a5', { state: 'down' })]);
  t.true(isWhole);
  t.deepEqual(names(leaving), ['a2', 'a4', 'a1']);
  t.deepEqual(names(dead), ['a5']);
});

test('the order in which nodes leave is that of their names, the highest first, and not that of their ids', (t) => {
  const ids = ['z', 'm', 'k', 'b'];
  const workers = ['a2', 'a10', 'a3', 'a1'].map((name, index) => ({ ...ours(name), id: ids[index] ?? '' }));
  const expected = ['a10', 'a3', 'a2', 'a1'];
  t.deepEqual(names(plan([...workers, ours('z', { role: 'manager' })]).leaving), [...expected, 'z']);
  t.deepEqual(names(plan([ours('z', { role: 'manager' }), ...workers.toReversed()]).leaving), [...expected, 'z']);
});

test('a node is found by its name, its id and its machine', (t) => {
  for (const text of ['a2', 'id-of-a2', 'ssh/root@a2:22', 'root@a2:22']) {
    t.deepEqual(names(plan([A1, A2, A3], { nodes: [text] }).leaving), ['a2'], text);
  }
  t.throws(() => plan([A1, A2], { nodes: ['a9'] }), {
    instanceOf: NotFoundError,
    message: 'No node "a9" in the swarm; there are a1, a2',
  });
  t.throws(() => plan([A1, A2, { ...A2, id: 'other' }], { nodes: ['a2'] }), {
    instanceOf: UsageError,
    message: '"a2" means several nodes: id-of-a2, other; expected one id',
  });
});

test('a swarm that is not ours is left alone', (t) => {
  t.throws(() => plan([A1], { name: undefined }), {
    instanceOf: ConflictError,
    message: 'The swarm of ssh://root@a1:22 was not made by swarm create, and is left as it is',
  });
});

test('a node without our label is never told to leave', (t) => {
  const foreign = member('f', 'stranger');
  t.throws(() => plan([A1, foreign]), {
    instanceOf: ConflictError,
    message: 'Cannot take the swarm "swarm" apart: stranger has no label of ours',
  });
  const forced = plan([A1, foreign], { force: true });
  t.deepEqual([names(forced.leaving), names(forced.foreign)], [['a1'], ['stranger']]);
});

test('the last manager does not leave alone', (t) => {
  t.throws(() => plan([A1, A2], { nodes: ['a1'] }), {
    instanceOf: ConflictError,
    message: 'Cannot take a1 out of the swarm "swarm": no manager would be left',
  });
});

test('no manager leaves without whom the others have no majority', (t) => {
  const silent = ours('a5', { role: 'manager', state: 'down', reachability: 'unreachable' });
  t.throws(() => plan([A1, ours('a4', { role: 'manager' }), silent], { nodes: ['a4'] }), {
    instanceOf: ConflictError,
    message: 'Cannot take a4 out of the swarm "swarm": of the 2 managers that stay 1 answers, and 2 must',
  });
  t.notThrows(() => plan([A1, ours('a4', { role: 'manager' }), silent], { nodes: ['a5'] }));
});

test('clusters keep a swarm, and say what removes them', (t) => {
  const clusters = [{ name: 'spark', images: [] }];
  const error = t.throws(() => refuseOccupied(plan([A1, A2]), { clusters, otherServices: [] }, 'spark-swarm'), {
    instanceOf: ConflictError,
  });
  t.is(error?.message, 'Cannot take the swarm "swarm" apart: the cluster "spark" is on it');
  t.is(error?.hint, 'spark-swarm remove --name spark --context spark-swarm, or --force');
  t.throws(() => refuseOccupied(plan([A1, A2], { nodes: ['a2'] }), { clusters, otherServices: [] }, undefined), {
    message: 'Cannot take a2 out of the swarm: the cluster "spark" is on it',
  });
});

test("other people's services keep a whole swarm", (t) => {
  const occupants = { clusters: [], otherServices: ['web'] };
  t.throws(() => refuseOccupied(plan([A1, A2]), occupants, undefined), {
    instanceOf: ConflictError,
    message: 'Cannot take the swarm "swarm" apart: a service that is not ours would go with it: web',
  });
  t.notThrows(() => refuseOccupied(plan([A1, A2], { nodes: ['a2'] }), occupants, undefined));
});
