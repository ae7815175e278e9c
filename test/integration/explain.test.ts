import test from 'ava';

import type { TestCluster } from '../helpers/cluster.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { aroundTests } from './explain/around.ts';
import { failureTests } from './explain/failures.ts';
import { waitingTests } from './explain/waiting.ts';

usePlainEngine();

const cluster = (): TestCluster => theEngine().cluster('spark');

test.serial('a cluster is started, whose workers write their shuffle to 64 MiB of /dev/shm', async (t) => {
  const sizes = ['--workers', '2', '--worker-cores', '2', '--worker-memory', '2176m', '--master-memory', '3200m'];
  const place = ['--image', theEngine().image, '--data', theEngine().data, '--port', 'master=0', '--port', 'ui=0'];
  const flags = ['--name', cluster().name, ...place, ...sizes, '--env', 'SPARK_LOCAL_DIRS=/dev/shm'];
  const { status, stderr } = await cluster().make(flags);
  t.is(status, 0, stderr);
});

// Every trouble is caused for real, on one cluster.
waitingTests(cluster);
failureTests(cluster);
aroundTests(cluster);
