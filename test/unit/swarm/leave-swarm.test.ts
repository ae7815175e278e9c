import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import type { EngineTarget } from '../../../src/adapters/engine/engine-target.ts';
import { ConflictError, InvalidStateError, UnreachableError } from '../../../src/errors.ts';
import { leaveSwarm, type LeaveRequest, type SwarmLeft } from '../../../src/swarm/leave-swarm.ts';
import type { SwarmTools } from '../../../src/swarm/swarm-wish.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

const INSPECT = 'docker context inspect spark-desk --format {{json .}}';
const REMOVE = 'docker context rm --force spark-desk';
const CONTEXT = JSON.stringify({
  Metadata: { Description: 'spark-swarm swarm "desk"' },
  Endpoints: { docker: { Host: 'ssh://root@a1:22' } },
});

function targetOf(api: EngineApi): EngineTarget {
  return { api, contextName: 'spark-desk', isExplicit: true, dockerEnv: {} };
}

async function leave(
  api: EngineApi,
  request: Partial<LeaveRequest> = {},
): Promise<{ readonly left: Promise<SwarmLeft>; readonly shell: FakeShell }> {
  const shell = new FakeShell({ [INSPECT]: CONTEXT, [REMOVE]: '' });
  const tools = { shell, reachEngines: async () => new Map() } as unknown as SwarmTools;
  const wish = { nodes: [], force: false, timeoutMs: 1000, ...request };
  const run = { report: () => {}, signal: new AbortController().signal };
  const left = leaveSwarm(wish, targetOf(api), tools, run);
  await left.catch(() => {});
  return { left, shell };
}

const info = (LocalNodeState: string, NodeID = ''): object => ({ Name: 'a1', Swarm: { LocalNodeState, NodeID } });

/** An engine that was in a swarm; our bridge is left of that. */
const free = async (): Promise<FakeEngine> =>
  FakeEngine.start({
    'GET /info': () => info('inactive'),
    'GET /networks': () => [{ Name: 'docker_gwbridge', Id: 'bridge' }],
    'DELETE /networks/bridge': () => '',
  });

/** The only node of a swarm of ours, with one cluster and a service of somebody else. */
const alone = async (): Promise<FakeEngine> =>
  FakeEngine.start({
    'GET /info': () => info('active', 'id-of-a1'),
    'GET /swarm': () => ({ ID: 'c', Spec: { Labels: { 'io.spark-swarm.swarm': 'desk' } } }),
    'GET /nodes': () => [
      {
        ID: 'id-of-a1',
        Version: { Index: 1 },
        UpdatedAt: '2026-11-21T05:00:00Z',
        Spec: { Role: 'manager', Availability: 'active', Labels: { 'io.spark-swarm.node.swarm': 'desk' } },
        Description: { Hostname: 'a1' },
        Status: { State: 'ready', Addr: '10.0.0.1' },
      },
    ],
    'GET /services': ({ query }) => (query['filters'] ? [] : [{ ID: 's', Spec: { Name: 'web' } }]),
    'POST /swarm/leave': () => '',
    'GET /networks': () => [],
  });

test('an engine that is in no swarm any more says nothing of the others: the docker context stays', async (t) => {
  await using engine = await free();
  for (const [nodes, words] of [
    [[], 'the swarm "desk" apart'],
    [['node07'], 'node07 out of the swarm "desk"'],
  ] as const) {
    const { left, shell } = await leave(engine.api, { nodes });
    const error = await t.throwsAsync(left, {
      instanceOf: InvalidStateError,
      message: `Cannot take ${words}: the fake engine is in no swarm any more`,
    });
    t.is(
      error.hint,
      'if other machines are: spark-swarm swarm create --name desk --hosts … with one that manages it leads the context there; if the swarm is gone: spark-swarm swarm leave --context spark-desk --force',
    );
    t.deepEqual(shell.lines, [INSPECT]);
  }
  t.deepEqual(engine.changes, []);
});

test('--force takes the docker context and our bridge away; with --dry-run nothing', async (t) => {
  await using engine = await free();
  const tried = await leave(engine.api, { force: true, dryRun: true });
  t.true((await tried.left).contextRemoved);
  t.deepEqual([engine.changes, tried.shell.lines], [[], [INSPECT]]);
  const { left, shell } = await leave(engine.api, { force: true });
  t.deepEqual((await left).notes, ['the swarm was gone']);
  t.deepEqual([engine.changes, shell.lines], [['DELETE /networks/bridge'], [INSPECT, REMOVE]]);
});

test('what is lost is asked before anything is changed, and not with --dry-run', async (t) => {
  await using engine = await alone();
  const questions: string[] = [];
  const confirm = async (question: string): Promise<void> => {
    questions.push(question);
    throw new ConflictError('no');
  };
  const { left } = await leave(engine.api, { force: true, confirm });
  await t.throwsAsync(left, { message: 'no' });
  await (
    await leave(engine.api, { force: true, confirm, dryRun: true })
  ).left;
  t.deepEqual(questions, ['Take the swarm "desk" apart? a1 leave it. It ends web.']);
  t.deepEqual(engine.changes, []);
});

test('a manager that is silent is not the swarm: the hint says how to go on without it', async (t) => {
  const silent = new EngineApi({ kind: 'unix', socketPath: '/nonexistent.sock' }, 'a1');
  const { left } = await leave(silent);
  const error = await t.throwsAsync(left, { instanceOf: UnreachableError });
  t.regex(error.hint ?? '', /; if that machine is lost: spark-swarm swarm create --name desk --hosts … with /);
});
