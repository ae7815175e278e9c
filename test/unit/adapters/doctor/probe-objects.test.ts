import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { removeProbeContainers, removeProbeNetwork } from '../../../../src/adapters/doctor/probe-objects.ts';
import { EngineError } from '../../../../src/errors.ts';
import { Answer, FakeEngine, refusal, type Route } from '../../../helpers/fake-engine.ts';

/** Answers in this order, and that there is no such thing after the last. */
function inTurn(...answers: readonly unknown[]): Route {
  const left = [...answers];
  return () => left.shift() ?? refusal(404, 'no such thing');
}

const done = new Answer(204);

test('a container that the engine kills later than it waits, and an image that it holds so long, are asked for until they are gone', async (t) => {
  await using engine = await FakeEngine.start({
    'DELETE /containers/spark-swarm-probe-r1': inTurn(
      refusal(500, 'could not kill: tried to kill container, but did not receive an exit event'),
      refusal(409, 'removal of container spark-swarm-probe-r1 is already in progress'),
    ),
    'DELETE /containers/spark-swarm-probe-r1-image': inTurn(),
    'DELETE /images/spark-swarm-probe:r1': inTurn(refusal(409, 'conflict: unable to remove'), new Answer(200, '[]')),
  });
  await removeProbeContainers(engine.api, 'r1');
  const containers = engine.changes.filter((line) => line.endsWith('/containers/spark-swarm-probe-r1'));
  t.is(containers.length, 3);
  t.deepEqual(
    engine.changes.slice(-3),
    Array.from({ length: 3 }, () => 'DELETE /images/spark-swarm-probe:r1'),
  );
});

test('a network that the engine lets go of a moment later is waited for', async (t) => {
  await using engine = await FakeEngine.start({
    'DELETE /networks/spark-swarm-probe-r1': inTurn(refusal(403, 'network has active endpoints'), done, done),
  });
  await removeProbeNetwork(engine.api, 'r1');
  t.is(engine.changes.length, 4);
});

test('what an engine never lets go of is an error with its words', async (t) => {
  await using engine = await FakeEngine.start({
    'DELETE /networks/spark-swarm-probe-r1': () => refusal(403, 'network has active endpoints'),
  });
  const error = await t.throwsAsync(removeProbeNetwork(engine.api, 'r1', 250), { instanceOf: EngineError });
  t.is(error.message, 'network has active endpoints');
});

test('a removal that takes longer than the limit, and one that is refused so late, are asked about once more', async (t) => {
  const late =
    (answer: unknown): Route =>
    async () => {
      await sleep(60);
      return answer;
    };
  const first = [late(done), late(refusal(500, 'could not kill'))];
  for (const slow of first) {
    const route = inTurn(slow);
    await using engine = await FakeEngine.start({
      'DELETE /networks/spark-swarm-probe-r1': async (request) => {
        const answer = await route(request);
        return typeof answer === 'function' ? (answer as Route)(request) : answer;
      },
    });
    await t.notThrowsAsync(removeProbeNetwork(engine.api, 'r1', 20));
    t.is(engine.changes.length, 2);
  }
});
