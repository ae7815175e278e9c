import test from 'ava';

import { SwarmClient } from '../../../src/adapters/swarm/swarm-client.ts';
import type { RawService } from '../../../src/adapters/swarm/parse-swarm.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';

const PLATFORMS = [{ Architecture: 'x86_64', OS: 'linux' }];

function createSpec(): RawService['Spec'] {
  return {
    Name: 'spark_worker',
    Labels: { mine: 'yes' },
    TaskTemplate: { Placement: { Platforms: PLATFORMS } },
    Mode: { Replicated: { Replicas: 3 } },
  };
}

/** A manager that takes updates of one service. */
async function startEngine(): Promise<{ engine: FakeEngine; spec: () => RawService['Spec'] }> {
  let spec = createSpec();
  const engine = await FakeEngine.start({
    'GET /services/w': () => ({ ID: 'w', Version: { Index: 1 }, Spec: spec }),
    'POST /services/w/update': ({ body }) => {
      spec = JSON.parse(body) as RawService['Spec'];
      return {};
    },
  });
  return { engine, spec: () => spec };
}

test('a held service has a platform that no node has, and remembers its own', async (t) => {
  const { engine, spec } = await startEngine();
  await using _ = engine;
  const client = new SwarmClient(engine.api);
  await client.holdPlacement('w');
  t.deepEqual(spec(), {
    ...createSpec(),
    Labels: { mine: 'yes', 'io.spark-swarm.held': JSON.stringify(PLATFORMS) },
    TaskTemplate: { Placement: { Platforms: [{ Architecture: 'none', OS: 'none' }] } },
  });
  await client.holdPlacement('w');
  t.is(engine.changes.length, 1);
});

test('setting the number gives a held service its platforms back, also when the number is the same', async (t) => {
  for (const replicas of [2, 3]) {
    const { engine, spec } = await startEngine();
    await using _ = engine;
    const client = new SwarmClient(engine.api);
    await client.holdPlacement('w');
    await client.setReplicas('w', replicas);
    t.deepEqual(spec(), { ...createSpec(), Mode: { Replicated: { Replicas: replicas } } });
  }
});

test('the same number changes nothing where nothing is held', async (t) => {
  const { engine } = await startEngine();
  await using _ = engine;
  await new SwarmClient(engine.api).setReplicas('w', 3);
  t.deepEqual(engine.changes, []);
});
