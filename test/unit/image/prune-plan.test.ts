import test from 'ava';

import { planPrune, type ImageUses, type OwnImage } from '../../../src/image/prune-plan.ts';

const NO_USES: ImageUses = { ids: new Set(), names: new Set() };

function image(id: string, names: readonly string[] = [], overrides: Partial<OwnImage> = {}): OwnImage {
  return { id, names, isProbe: false, createdAt: 100, sizeBytes: 800, uniqueBytes: 30, ...overrides };
}

/** `lab-1 old (no name)` for each that goes. */
function describe(
  engines: Readonly<Record<string, readonly OwnImage[]>>,
  uses: Partial<ImageUses> = {},
  all = false,
): readonly string[] {
  const given = Object.entries(engines).map(([name, images]) => ({ name, images }));
  return planPrune(given, { ...NO_USES, ...uses }, { all }).flatMap(({ name, removals }) =>
    removals.map(({ id, reason }) => `${name} ${id} (${reason})`),
  );
}

test('what has lost its name goes; what has one stays', (t) => {
  t.deepEqual(describe({ 'lab-1': [image('old'), image('new', ['spark:latest'])] }), ['lab-1 old (no name)']);
});

test('a name that another engine has a newer image of is old; the newest stays everywhere', (t) => {
  const engines = {
    here: [image('new', ['spark:latest'], { createdAt: 200 })],
    'lab-1': [image('new', ['spark:latest'], { createdAt: 200 })],
    'lab-2': [image('old', ['spark:latest'])],
  };
  t.deepEqual(describe(engines), ['lab-2 old (older than on here)']);
});

test('an image stays while one of its names is the newest', (t) => {
  const engines = {
    here: [image('new', ['spark:latest'], { createdAt: 200 })],
    'lab-1': [image('old', ['spark:latest', 'spark:v1'])],
  };
  t.deepEqual(describe(engines), []);
});

test('what a container, a service or a cluster has stays, by id and by name', (t) => {
  const engines = {
    here: [image('new', ['spark:latest'], { createdAt: 200 })],
    'lab-1': [image('used'), image('free'), image('old', ['spark:latest'])],
  };
  const uses = { ids: new Set(['used']), names: new Set(['spark:latest']) };
  t.deepEqual(describe(engines, uses), ['lab-1 free (no name)']);
});

test('--all takes names that nothing uses, too', (t) => {
  const engines = { 'lab-1': [image('a', ['spark:a']), image('b', ['spark:b'])] };
  t.deepEqual(describe(engines, { names: new Set(['spark:b']) }, true), ['lab-1 a (nothing uses it)']);
});

test('what a check has left behind goes; one that has its name still may be at work', (t) => {
  const engines = { 'lab-1': [image('left', [], { isProbe: true }), image('busy', ['probe:1'], { isProbe: true })] };
  t.deepEqual(describe(engines), ['lab-1 left (left by a check)']);
});

test('it frees at least what no other image shares', (t) => {
  const [plan] = planPrune([{ name: 'lab-1', images: [image('a'), image('b')] }], NO_USES, { all: false });
  t.is(plan?.freesAtLeastBytes, 60);
});
