import test from 'ava';

import { theLab } from '../../helpers/lab-tests.ts';

export function managerTests(): void {
  test.serial('an engine that is no manager, and one that does not answer, are said', async (t) => {
    const worker = theLab().nodes[1]?.socket;
    const asWorker = await theLab().run('sbin/spark-cluster-service', ['deploy'], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${worker}` },
    });
    t.is(asWorker.status, 1);
    t.regex(
      asWorker.stderr,
      /^error: Cannot use the engine at .* for a cluster: it is a worker node; only a manager can deploy$/m,
    );
    const silent = await theLab().run('bin/spark-swarm', ['status'], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: 'unix:///no/such.sock' },
    });
    t.is(silent.status, 4);
    t.regex(
      silent.stderr,
      /^error: The Docker engine at unix:\/\/\/no\/such.sock does not answer: there is no such socket$/m,
    );
  });
}
