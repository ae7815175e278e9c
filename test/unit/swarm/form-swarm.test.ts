import test from 'ava';

import { bringIn, type FormNode, type FormRun } from '../../../src/swarm/form-swarm.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';
import { member } from '../../helpers/swarm-builders.ts';

const RUN: FormRun = {
  policy: { kind: 'protect', context: 'spark-desk' },
  start: { addressPool: undefined, labels: {} },
  joinsAs: 'drain',
  refuse: () => {},
};

test('a node that came in while the others were looked at, by a command that was cut off, stays in', async (t) => {
  await using manager = await FakeEngine.start({
    'GET /nodes': () =>
      ['m', 'n'].map((ID) => ({
        ID,
        Version: { Index: 1 },
        UpdatedAt: '2026-11-22T10:00:00Z',
        Spec: { Role: 'manager', Availability: 'drain' },
        Description: { Hostname: ID },
        Status: { State: 'ready', Addr: ID === 'm' ? '10.0.0.1' : '10.0.0.2' },
      })),
  });
  await using engine = await FakeEngine.start({
    'GET /info': () => ({
      Name: 'n',
      Swarm: { LocalNodeState: 'active', NodeID: 'n', NodeAddr: '10.0.0.2', RemoteManagers: [{ NodeID: 'm' }] },
    }),
  });
  const node = { name: 'n', address: '10.0.0.2', ownAddresses: ['10.0.0.2'], labels: {}, engine: engine.api };
  const swarm = { manager: manager.api, managerAddresses: ['10.0.0.1'], members: [member('m', 'm')] };
  const { signal } = new AbortController();
  t.false(await bringIn(RUN, node as unknown as FormNode, { swarm, role: 'manager', signal }));
  t.deepEqual([...engine.changes, ...manager.changes], []);
});
