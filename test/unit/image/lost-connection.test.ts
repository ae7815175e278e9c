import test from 'ava';

import { UnreachableError } from '../../../src/errors.ts';
import { pullImages } from '../../../src/image/registry-pull.ts';
import { shipImages } from '../../../src/image/ship-images.ts';
import { Answer, BrokenOff, FakeEngine, refusal, type Route } from '../../helpers/fake-engine.ts';

const signal = new AbortController().signal;
const IMAGE = { name: 'registry.example/spark:1', id: 'sha256:1', layers: [], created: '', sizeBytes: 10 };

const missing: Readonly<Record<string, Route>> = {
  'GET /info': () => ({ DriverStatus: [] }),
  'GET /images/json': () => [],
  'GET /images/*/json': () => refusal(404, 'No such image'),
};

test('a node that is lost while it pulls is named, and the others have the image', async (t) => {
  await using lost = await FakeEngine.start({
    ...missing,
    [`GET /images/${IMAGE.name}/json`]: () => refusal(404, 'No such image'),
    'POST /images/create': () => new BrokenOff('{"status":"Downloading","id":"a","progressDetail":{"current":5}}\n'),
  });
  await using good = await FakeEngine.start({
    'GET /images/json': () => [{ Id: IMAGE.id, RepoTags: [IMAGE.name] }],
    [`GET /images/${IMAGE.name}/json`]: () => ({ Id: IMAGE.id, Size: 10, Created: '', RootFS: { Layers: [] } }),
  });
  const failed: string[] = [];
  const error = await t.throwsAsync(
    pullImages({
      images: [IMAGE],
      targets: [
        { name: 'lab-1', api: good.api },
        { name: 'lab-2', api: lost.api },
      ],
      auth: undefined,
      signal,
      onNode: (name, { type }) => failed.push(`${name} ${type}`),
    }),
    { instanceOf: UnreachableError },
  );
  t.is(
    error.message,
    'Cannot bring the image "registry.example/spark:1" to 1 of 2 nodes:\n' +
      '  lab-2: The Docker engine at the fake engine does not answer: aborted',
  );
  t.is(error.hint, 'the other nodes have it; run it again when these answer');
  t.true(failed.includes('lab-2 failed'));
});

const present: Readonly<Record<string, Route>> = {
  'GET /images/spark:1/json': () => ({ Id: 'sha256:1', Size: 10, Created: '', RootFS: { Layers: [] } }),
};

test('a node that is lost while it loads is named', async (t) => {
  // Two blocks of zeros: an archive without an entry.
  await using source = await FakeEngine.start({
    ...present,
    'GET /images/get': () => new Answer(200, Buffer.alloc(1024), 'application/x-tar'),
  });
  await using lost = await FakeEngine.start({ ...missing, 'POST /images/load': () => new BrokenOff('{"stream":"Loa') });
  const error = await t.throwsAsync(
    shipImages({ images: ['spark:1'], source: source.api, targets: [{ name: 'lab-2', api: lost.api }], signal }),
    { instanceOf: UnreachableError },
  );
  t.is(
    error.message,
    'Cannot bring the image "spark:1" to 1 of 1 node:\n' +
      '  lab-2: The Docker engine at the fake engine does not answer: aborted',
  );
});

test('a source that is lost ends it for every node', async (t) => {
  await using source = await FakeEngine.start({ ...present, 'GET /images/get': () => new BrokenOff('half a head') });
  await using node = await FakeEngine.start(missing);
  const seen: string[] = [];
  const error = await t.throwsAsync(
    shipImages({
      images: ['spark:1'],
      source: source.api,
      targets: [{ name: 'lab-2', api: node.api }],
      signal,
      onNode: (name, { type }) => seen.push(`${name} ${type}`),
    }),
    { instanceOf: UnreachableError },
  );
  t.is(error.message, 'The Docker engine at the fake engine does not answer: aborted');
  t.is(seen.at(-1), 'lab-2 failed');
});
