import test from 'ava';

import { listObjects } from '../helpers/docker-objects.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { BATCH } from './applications/batch.ts';
import { PACKAGES } from './applications/packages.ts';
import { STREAMS } from './applications/streams.ts';
import { runBehaviours, type Stand } from './contract/behaviour.ts';

useLab(2);

const stand: Stand = { cluster: theCluster, listObjects: async () => listObjects(theLab()) };

test.serial('a cluster of two workers is deployed', async (t) => {
  const { status, stderr } = await stand.cluster('spark').deploy();
  t.is(status, 0, stderr);
});

runBehaviours([...BATCH, ...STREAMS, PACKAGES], () => stand);
