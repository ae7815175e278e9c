import test from 'ava';

import type { ProgressEvent } from '../../../src/events.ts';
import { pruneImages, readPrune } from '../../../src/image/prune-images.ts';
import { LABELS } from '../../../src/labels.ts';
import { FakeEngine, refusal, type Route } from '../../helpers/fake-engine.ts';

const signal = new AbortController().signal;

const NO_NAME = '<none>:<none>';

function listed(
  Id: string,
  RepoTags: readonly string[] = [NO_NAME],
): { readonly Id: string; readonly RepoTags: readonly string[]; readonly Size: number; readonly Created: number } {
  return { Id, RepoTags, Size: 800, Created: 100 };
}

/** An engine with these images of ours; `old` is refused when it shall go, `gone` is gone by then. */
function routes(
  images: readonly ReturnType<typeof listed>[],
  others: Readonly<Record<string, Route>> = {},
): Readonly<Record<string, Route>> {
  let layersBytes = 1000;
  return {
    'GET /images/json': ({ query }) => (query['filters']?.includes(LABELS.probe) ? [] : images),
    'GET /system/df': () => ({
      LayersSize: layersBytes,
      Images: [{ Id: 'free', Size: 800, SharedSize: 700 }],
    }),
    'GET /containers/json': () => [{ Image: 'x', ImageID: 'running' }],
    'GET /volumes': () => ({ Volumes: null }),
    'GET /images/*/json': ({ id }) => {
      const found = images.find(({ Id }) => Id === id);
      return found && id !== 'gone'
        ? { ...found, RepoTags: found.RepoTags.filter((tag) => tag !== NO_NAME) }
        : refusal(404, 'No such image');
    },
    'DELETE /images/*': ({ id }) => {
      if (id === 'needed') return refusal(409, 'image has dependent child images');
      if (id === 'gone') return refusal(404, 'No such image');
      layersBytes -= 100;
      return [];
    },
    ...others,
  };
}

test('what is old goes, what the engine needs stays, and what is freed is said', async (t) => {
  const images = ['free', 'needed', 'gone', 'running'].map((id) => listed(id));
  await using engine = await FakeEngine.start(routes(images));
  const engines = [{ name: 'lab-1', api: engine.api }];
  const plans = await readPrune(engines, { managers: [], all: false, signal });
  t.deepEqual(engine.changes, []);
  t.deepEqual(
    plans.map(({ name, removals, freesAtLeastBytes }) => [name, removals.map(({ id }) => id), freesAtLeastBytes]),
    [['lab-1', ['free', 'needed', 'gone'], 100]],
  );
  const events: ProgressEvent[] = [];
  const [pruned] = await pruneImages(plans, engines, { report: (event) => events.push(event), signal });
  t.deepEqual(
    pruned?.removed.map(({ id }) => id),
    ['free', 'gone'],
  );
  t.deepEqual(
    pruned?.kept.map(({ id }) => id),
    ['needed'],
  );
  t.is(pruned?.freedBytes, 100);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'step-done' ? [event.detail] : [])),
    ['2 removed, 100 B freed'],
  );
});

test('what a service runs, what it would go back to, and what a cluster remembers, stays', async (t) => {
  const remembered = JSON.stringify({ image: 'spark:remembered', workerMemoryBytes: 1 });
  const service = (image: string, id: string, labels: object = {}): object => ({
    Labels: labels,
    TaskTemplate: { ContainerSpec: { Image: image, Labels: { [LABELS.imageId]: id } } },
  });
  const images = [
    listed('now', ['spark:now']),
    listed('before'),
    listed('kept', ['spark:remembered']),
    listed('stopped', ['spark:stopped']),
    listed('free', ['spark:free']),
  ];
  await using engine = await FakeEngine.start(
    routes(images, {
      'GET /services': () => [
        { Spec: service('spark:now', 'other', { [LABELS.spec]: remembered }), PreviousSpec: service('x', 'before') },
      ],
      'GET /volumes': () => ({
        Volumes: [{ Labels: { [LABELS.spec]: remembered.replace('remembered', 'stopped') } }],
      }),
    }),
  );
  const engines = [{ name: 'lab-1', api: engine.api }];
  const [plan] = await readPrune(engines, { managers: [engine.api], all: true, signal });
  t.deepEqual(
    plan?.removals.map(({ id }) => id),
    ['free'],
  );
});

test('a name that a newer image has taken since the plan stays with that one', async (t) => {
  await using engine = await FakeEngine.start(routes([listed('old', ['spark:latest', 'spark:v1']), listed('named')]));
  const engines = [{ name: 'lab-1', api: engine.api }];
  const plans = await readPrune(engines, { managers: [], all: true, signal });
  const now: Readonly<Record<string, readonly string[]>> = { old: ['spark:v1'], named: ['mine:latest'] };
  engine.on({ 'GET /images/*/json': ({ id }) => ({ Id: id, RepoTags: now[id] }) });
  const [pruned] = await pruneImages(plans, engines, { report: () => {}, signal });
  t.deepEqual(engine.changes, ['DELETE /images/spark:v1']);
  t.deepEqual([pruned?.removed.map(({ id }) => id), pruned?.kept.map(({ id }) => id)], [['old'], ['named']]);

  await using left = await FakeEngine.start(routes([listed('old', ['spark:latest'])]));
  left.on({ 'GET /images/*/json': () => ({ RepoTags: null }) });
  await pruneImages(
    plans.map((plan) => ({ ...plan, removals: plan.removals.slice(0, 1) })),
    [{ name: 'lab-1', api: left.api }],
    {
      report: () => {},
      signal,
    },
  );
  t.deepEqual(left.changes, ['DELETE /images/old']);
});
