import test from 'ava';

import { planShipping, type NodeImages } from '../../../src/image/ship-plan.ts';

const image = { id: 'sha256:new', layers: ['base', 'java', 'spark', 'conf'] };

function node(name: string, overrides: Partial<NodeImages> = {}): NodeImages {
  return { name, imageId: undefined, layerLists: [], acceptsPartial: true, ...overrides };
}

const skippedBy = test.macro(
  (t, overrides: Partial<NodeImages>, expected: readonly string[], layers: readonly string[] = image.layers) => {
    const plan = planShipping({ id: image.id, layers }, [node('lab-1', overrides)]);
    t.deepEqual(plan.alreadyThere, []);
    t.deepEqual(
      plan.shipments.map(({ name, skippedLayers }) => [name, [...skippedLayers]]),
      [['lab-1', expected]],
    );
  },
);

test('a node without images gets all of it', skippedBy, {}, []);
test(
  'a node with an earlier build gets what is new',
  skippedBy,
  { imageId: 'sha256:old', layerLists: [['base', 'java', 'spark', 'older']] },
  ['base', 'java', 'spark'],
);
test('the image that shares most counts', skippedBy, { layerLists: [['base'], ['base', 'java'], ['other']] }, [
  'base',
  'java',
]);
test('a layer on other layers does not count', skippedBy, { layerLists: [['other', 'java', 'spark']] }, []);
test(
  'an image on top of the wanted one leaves nothing to send',
  skippedBy,
  { layerLists: [[...image.layers, 'jupyter']] },
  image.layers,
);
test(
  'an engine that refuses part of an image gets all of it',
  skippedBy,
  { layerLists: [image.layers], acceptsPartial: false },
  [],
);
test(
  'a layer whose content comes again further up is sent',
  skippedBy,
  { layerLists: [['base', 'empty']] },
  ['base'],
  ['base', 'empty', 'spark', 'empty'],
);

test('nodes that have the image, by id, get nothing', (t) => {
  const plan = planShipping(image, [
    node('lab-1', { imageId: 'sha256:new' }),
    node('lab-2', { imageId: 'sha256:old' }),
    node('lab-3'),
  ]);
  t.deepEqual(plan.alreadyThere, ['lab-1']);
  t.deepEqual(
    plan.shipments.map(({ name }) => name),
    ['lab-2', 'lab-3'],
  );
});

test('no nodes, nothing to do', (t) => {
  t.deepEqual(planShipping(image, []), { alreadyThere: [], shipments: [] });
});
