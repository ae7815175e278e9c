import test from 'ava';

import { UnreachableError } from '../../../src/errors.ts';
import { findSwarm } from '../../../src/swarm/find-swarm.ts';
import { joinSwarm, removeGatewayBridge, waitUntilReady, type NodePlace } from '../../../src/swarm/membership-calls.ts';
import { promote } from '../../../src/swarm/set-managers.ts';
import { Answer, FakeEngine, refusal, type Route } from '../../helpers/fake-engine.ts';

const STEP = { progress: () => {}, signal: new AbortController().signal };
const NO_LEADER = refusal(
  500,
  'rpc error: code = Unknown desc = The swarm does not have a leader. It is possible that too few managers are online.',
);

/** The first answers, one after the other, and then the last of them. */
function inTurn(...answers: readonly unknown[]): Route {
  let asked = 0;
  return () => answers[Math.min(asked++, answers.length - 1)];
}

function rawNode(role: 'manager' | 'worker'): unknown {
  return {
    ID: 'n',
    Version: { Index: 1 },
    UpdatedAt: '2026-11-22T10:00:00Z',
    Spec: { Role: role, Availability: 'active' },
    Description: { Hostname: 'n' },
    Status: { State: 'ready', Addr: '10.0.0.2' },
    ...(role === 'manager' ? { ManagerStatus: { Reachability: 'reachable' } } : {}),
  };
}

test('while managers choose a leader a promotion goes on waiting, in each of its calls', async (t) => {
  await using manager = await FakeEngine.start({
    'GET /nodes': inTurn(NO_LEADER, [rawNode('worker')], NO_LEADER, [rawNode('manager')]),
    'GET /nodes/*': inTurn(NO_LEADER, rawNode('worker')),
    'POST /nodes/*/update': inTurn(NO_LEADER, new Answer(200)),
  });
  await t.notThrowsAsync(promote(manager.api, ['n'], STEP));
  t.is(manager.changes.length, 2);
});

test('an election uses up no tries of an update that the node itself outruns', async (t) => {
  const lost = refusal(
    500,
    'rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status',
  );
  const outrun = refusal(500, 'rpc error: code = Unknown desc = update out of sequence');
  await using manager = await FakeEngine.start({
    'GET /nodes': () => [rawNode('manager')],
    'GET /nodes/*': () => rawNode('worker'),
    'POST /nodes/*/update': inTurn(lost, lost, ...Array.from({ length: 8 }, () => outrun), lost, new Answer(200)),
  });
  await t.notThrowsAsync(promote(manager.api, ['n'], STEP));
  t.is(manager.changes.length, 12);
});

test('while managers choose a leader a new node is waited for', async (t) => {
  await using manager = await FakeEngine.start({ 'GET /nodes': inTurn(NO_LEADER, [rawNode('worker')]) });
  await t.notThrowsAsync(waitUntilReady(manager.api, ['n'], STEP));
});

test('a join that docker goes on with in the background is waited for', async (t) => {
  const late = refusal(503, 'Timeout was reached before node joined. The attempt to join the swarm will continue.');
  const info = (LocalNodeState: string): unknown => ({ Name: 'n', Swarm: { LocalNodeState, NodeID: 'n' } });
  await using manager = await FakeEngine.start({ 'GET /swarm': () => ({ JoinTokens: { Worker: 'w', Manager: 'm' } }) });
  const join = async (...states: readonly string[]): Promise<void> => {
    await using engine = await FakeEngine.start({
      'POST /networks/create': () => ({}),
      'POST /swarm/join': () => late,
      'GET /info': inTurn(...states.map(info)),
    });
    const place: NodePlace = { engine: engine.api, address: '10.0.0.2', mtu: 1500, bridgeLabels: {} };
    const request = {
      role: 'worker',
      availability: 'active',
      manager: manager.api,
      managerAddresses: ['10.0.0.1'],
    } as const;
    await joinSwarm(place, request, STEP.signal);
  };
  await t.notThrowsAsync(join('pending', 'active'));
  const error = await t.throwsAsync(join('pending', 'inactive'));
  t.regex(error?.message ?? '', /Timeout was reached before node joined/);
});

test('the gateway bridge goes when docker has taken its own endpoint off it', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /networks': () => [{ Name: 'docker_gwbridge', Id: 'b' }],
    'DELETE /networks/*': inTurn(refusal(403, 'error while removing network: has active endpoints'), new Answer(204)),
  });
  t.true(await removeGatewayBridge(engine.api, STEP.signal));
  t.deepEqual(engine.changes, ['DELETE /networks/b', 'DELETE /networks/b']);
});

test('an engine that says that it manages no swarm is no silent manager', async (t) => {
  const none = refusal(503, 'This node is not a swarm manager. Use "docker swarm init" to make it one.');
  await using slow = await FakeEngine.start({ 'GET /swarm': () => none, 'GET /nodes': () => none });
  await using lost = await FakeEngine.start({ 'GET /swarm': () => refusal(500, 'oops'), 'GET /nodes': () => none });
  const options = { isOurs: () => false, mayBeSilent: false, signal: STEP.signal };
  t.is(await findSwarm('desk', [slow.api], options), undefined);
  await t.throwsAsync(findSwarm('desk', [slow.api, lost.api], options), { instanceOf: UnreachableError });
});
