import test from 'ava';

import { planShipping, type NodeImages, type WantedImage } from '../../../src/image/ship-plan.ts';

const LAYERS = ['base', 'java', 'spark', 'conf'];

function image(name: string, layers: readonly string[] = LAYERS): WantedImage {
  return { name, id: `sha256:${name}`, layers, sizeBytes: 1, created: '' };
}

function node(name: string, overrides: Partial<NodeImages> = {}): NodeImages {
  return { name, lacks: ['spark'], layerLists: [], acceptsPartial: true, ...overrides };
}

/** `spark notebook: lab-1 -base, lab-2` for an archive of two images, of which lab-1 has one layer. */
function describe(images: readonly WantedImage[], nodes: readonly NodeImages[]): readonly string[] {
  return planShipping(images, nodes).archives.map((archive) => {
    const fed = archive.shipments.map(({ name, skippedLayers }) =>
      [name, ...[...skippedLayers].map((layer) => `-${layer}`)].join(' '),
    );
    return `${archive.images.map(({ name }) => name).join(' ')}: ${fed.join(', ')}`;
  });
}

const planned = test.macro(
  (t, overrides: Partial<NodeImages>, expected: string, layers: readonly string[] = LAYERS) => {
    t.deepEqual(describe([image('spark', layers)], [node('lab-1', overrides)]), [expected]);
  },
);

test('a node without images gets all of it', planned, {}, 'spark: lab-1');
test(
  'a node with an earlier build gets what is new',
  planned,
  { layerLists: [['base', 'java', 'spark', 'older']] },
  'spark: lab-1 -base -java -spark',
);
test(
  'the image that shares most counts',
  planned,
  { layerLists: [['base'], ['base', 'java'], ['other']] },
  'spark: lab-1 -base -java',
);
test('a layer on other layers does not count', planned, { layerLists: [['other', 'java', 'spark']] }, 'spark: lab-1');
test(
  'an image on top of the wanted one leaves nothing to send',
  planned,
  { layerLists: [[...LAYERS, 'jupyter']] },
  'spark: lab-1 -base -java -spark -conf',
);
test(
  'an engine that refuses part of an image gets all of it',
  planned,
  { layerLists: [LAYERS], acceptsPartial: false },
  'spark: lab-1',
);
test(
  'a layer whose content comes again further up is sent',
  planned,
  { layerLists: [['base', 'empty']] },
  'spark: lab-1 -base',
  ['base', 'empty', 'spark', 'empty'],
);

test('nodes that have the image get nothing', (t) => {
  const plan = planShipping([image('spark')], [node('lab-1', { lacks: [] }), node('lab-2'), node('lab-3')]);
  t.deepEqual(plan.alreadyThere, ['lab-1']);
  t.deepEqual(
    plan.archives.map(({ shipments }) => shipments.map(({ name }) => name)),
    [['lab-2', 'lab-3']],
  );
});

test('no nodes, nothing to do', (t) => {
  t.deepEqual(planShipping([image('spark')], []), { alreadyThere: [], archives: [] });
});

const notebook = image('notebook', [...LAYERS, 'jupyter']);

test('several images come from one archive, also for a node that has one of them', (t) => {
  const nodes = [
    node('lab-1', { lacks: ['spark', 'notebook'] }),
    node('lab-2', { lacks: ['notebook'], layerLists: [LAYERS] }),
  ];
  t.deepEqual(describe([image('spark'), notebook], nodes), ['spark notebook: lab-1, lab-2 -base -java -spark -conf']);
});

test('a node that refuses part of an image, and has one of them, gets an archive of its own', (t) => {
  const nodes = [
    node('lab-1', { lacks: ['spark', 'notebook'] }),
    node('lab-2', { lacks: ['notebook'], layerLists: [LAYERS], acceptsPartial: false }),
    node('lab-3', { lacks: ['spark', 'notebook'], acceptsPartial: false }),
  ];
  t.deepEqual(describe([image('spark'), notebook], nodes), ['spark notebook: lab-1, lab-3', 'notebook: lab-2']);
});

test('an image that no node lacks is not in the archive', (t) => {
  const nodes = [node('lab-1', { lacks: ['notebook'], layerLists: [LAYERS] })];
  t.deepEqual(describe([image('spark'), notebook], nodes), ['notebook: lab-1 -base -java -spark -conf']);
});

test('a layer that another of the images needs is not left out', (t) => {
  const other = image('other', ['java', 'spark']);
  const nodes = [node('lab-1', { lacks: ['spark', 'other'], layerLists: [['base', 'java']] })];
  t.deepEqual(describe([image('spark'), other], nodes), ['spark other: lab-1 -base']);
});
