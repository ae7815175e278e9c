import test from 'ava';

import { findGhosts, nodeLabels } from '../../../src/lab/swarm-plan.ts';
import type { SwarmMember } from '../../../src/swarm/members.ts';
import { member } from '../../helpers/swarm-builders.ts';

test('only nodes with a name and the label of this lab are stale entries', (t) => {
  const ours = { labels: { 'io.spark-swarm.node.host': 'ID' } };
  const members: readonly SwarmMember[] = [
    { ...member('a', 'lab-1'), ...ours },
    { ...member('old', 'lab-1'), ...ours, state: 'down' },
    { ...member('gone', 'lab-4'), ...ours },
    { ...member('x', 'lab-west-1'), ...ours },
    member('stranger', 'lab-5'),
    { ...member('lost stranger', 'lab-1'), state: 'down' },
    { ...member('of another machine', 'lab-6'), labels: { 'io.spark-swarm.node.host': 'OTHER' } },
    member('y', 'server'),
  ];
  t.deepEqual(
    findGhosts({ lab: 'lab', host: 'ID' }, members, ['a']).map(({ id }) => id),
    ['old', 'gone'],
  );
});

test('node labels say how the engine is reached and what the nodes share', (t) => {
  const facts = {
    socketPath: '/run/spark-swarm/lab/lab-1/docker.sock',
    host: 'ID',
    mtu: 1400,
    dataFolder: '/home/ana/nfs',
  };
  t.deepEqual(nodeLabels(facts), {
    'io.spark-swarm.node.engine': 'unix:///run/spark-swarm/lab/lab-1/docker.sock',
    'io.spark-swarm.node.host': 'ID',
    'io.spark-swarm.node.mtu': '1400',
    'io.spark-swarm.node.data': '/srv/spark-data',
    'io.spark-swarm.node.data-here': '/home/ana/nfs',
  });
});
