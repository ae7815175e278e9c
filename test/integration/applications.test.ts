import test from 'ava';

import { listObjectsNamed } from '../helpers/docker-objects.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { BATCH } from './applications/batch.ts';
import { PACKAGES } from './applications/packages.ts';
import { proxyTests } from './applications/proxy.ts';
import { STREAMS } from './applications/streams.ts';
import { runBehaviours, type Stand } from './contract/behaviour.ts';

usePlainEngine();

const stand: Stand = {
  cluster: (key) => theEngine().cluster(key),
  listObjects: async () => listObjectsNamed(theEngine().manager, theEngine().name),
};

test.serial('a cluster of two workers is started', async (t) => {
  const { status, stderr } = await stand.cluster('spark').deploy();
  t.is(status, 0, stderr);
});

runBehaviours([...BATCH, ...STREAMS, PACKAGES], () => stand);

test.serial('the cluster is taken away', async (t) => {
  const { status, stderr } = await stand.cluster('spark').remove('--volumes');
  t.is(status, 0, stderr);
});

proxyTests();
