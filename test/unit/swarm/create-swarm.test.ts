import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { ConflictError, UnreachableError, UsageError } from '../../../src/errors.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { createSwarm, type SwarmCreated } from '../../../src/swarm/create-swarm.ts';
import type { SwarmTools, SwarmWish } from '../../../src/swarm/swarm-wish.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

const INSPECT = 'docker context inspect spark-desk --format {{json .}}';

function contextOf(description: string): string {
  return JSON.stringify({
    Metadata: { Description: description },
    Endpoints: { docker: { Host: 'ssh://root@a1:22' } },
  });
}

interface Place {
  /** What docker says of the context. */
  readonly context: string;
  readonly engine?: EngineApi;
  /** What the context leads to. */
  readonly behind?: EngineApi;
}

async function create(wish: Partial<SwarmWish>, { context, engine, behind }: Place): Promise<SwarmCreated> {
  const machine = (name: string, api: EngineApi | undefined): Machine =>
    ({
      name,
      source: 'ssh',
      reference: `root@${name}:22`,
      access: { host: `ssh://root@${name}:22` },
      engine: api,
      [Symbol.asyncDispose]: async () => {},
    }) as unknown as Machine;
  const open = async (reference: string): Promise<Machine> =>
    reference.includes('a1') ? machine('a1', behind) : machine('d', engine);
  const tools = {
    shell: new FakeShell({ [INSPECT]: context }),
    openSource: async () => ({ open }),
    openContext: async () => ({ api: behind }),
  } as unknown as SwarmTools;
  const machines = [{ source: 'ssh', hosts: [{ host: 'd', user: 'root', port: 22 }] }] as const;
  return createSwarm({ name: 'desk', machines, ...wish }, tools, {
    report: () => {},
    signal: new AbortController().signal,
  });
}

test('no second swarm is begun while the manager of the first does not answer', async (t) => {
  await using free = await FakeEngine.start({
    'GET /info': () => ({ Name: 'd', Swarm: { LocalNodeState: 'inactive', NodeID: '' } }),
  });
  const behind = new EngineApi({ kind: 'unix', socketPath: '/nonexistent.sock' }, 'ssh://root@a1:22');
  const context = contextOf('spark-swarm swarm "desk"');
  const error = await t.throwsAsync(create({}, { context, engine: free.api, behind }), {
    instanceOf: UnreachableError,
    message:
      'Cannot look at the swarm "desk" of the docker context spark-desk: The Docker engine at ssh://root@a1:22 does not answer: there is no such socket',
  });
  t.is(
    error.hint,
    "start that machine, or name another of the swarm's managers (--hosts …); for another swarm: --name OTHER; if it is lost for ever: docker context rm spark-desk",
  );
  t.deepEqual(free.changes, []);
});

test('nodes that wait for their only manager are not told to leave: it is the manager that is gone', async (t) => {
  await using waiting = await FakeEngine.start({
    'GET /info': () => ({
      Name: 'd',
      Swarm: { LocalNodeState: 'active', NodeID: 'd', RemoteManagers: [{ NodeID: 'm' }] },
    }),
  });
  const behind = new EngineApi({ kind: 'unix', socketPath: '/nonexistent.sock' }, 'ssh://root@a1:22');
  const hosts = ['a1', 'd'].map((host) => ({ host, user: 'root', port: 22 }));
  const wish = { machines: [{ source: 'ssh', hosts }] } as const;
  const place = { context: contextOf('spark-swarm swarm "desk"'), engine: waiting.api, behind };
  const error = await t.throwsAsync(create(wish, place), { instanceOf: UnreachableError });
  t.is(
    error.message,
    'The swarm "desk" is there, and none of its managers answers: ssh://root@a1:22 is silent, and waited for by d',
  );
  t.is(
    error.hint,
    'start that machine, and all goes on; if it is lost for ever, so is the swarm: docker swarm leave on d, then run the same command again',
  );
});

test('what is wrong with the wish is said before machines are made', async (t) => {
  const made = { driver: 'virtualbox', size: {}, driverFlags: [], hosts: [] };
  const machines = [{ source: 'docker-machine', names: ['vm1', 'vm2', 'vm3'], create: made }] as never;
  await t.throwsAsync(create({ machines }, { context: contextOf('mine') }), {
    instanceOf: ConflictError,
    message: 'Cannot form the swarm "desk": the docker context "spark-desk" is there and does not belong to it',
  });
  const none = '!1 context "spark-desk" not found';
  await t.throwsAsync(create({ machines, managers: 5 }, { context: none }), {
    instanceOf: UsageError,
    message: '--managers: got 5; there are 3 machines',
  });
  await t.throwsAsync(create({ machines, managers: 3, drainManagers: true }, { context: none }), {
    instanceOf: UsageError,
    message: '--drain-managers: all 3 machines manage the swarm, and none would be left for clusters',
  });
});
