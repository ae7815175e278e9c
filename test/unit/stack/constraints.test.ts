import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { matchesConstraints, parseConstraint } from '../../../src/stack/constraints.ts';
import { swarmNode } from '../../helpers/builders.ts';

test('a constraint is taken with or without blanks, and kept without', (t) => {
  for (const text of ['node.labels.disk==ssd', 'node.labels.disk == ssd', ' node.labels.disk==ssd ']) {
    t.is(parseConstraint(text), 'node.labels.disk==ssd');
  }
  for (const text of ['node.hostname!=n1', 'node.id==2ivku8v', 'node.platform.os==linux', 'engine.labels.a.b-c==x/y']) {
    t.is(parseConstraint(text), text);
  }
});

for (const text of [
  '',
  'disk=ssd',
  'node.disk==ssd',
  'node.labels==x',
  'node.role=worker',
  'node.role==a b',
  'node.role==',
]) {
  test(`the constraint ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => parseConstraint(text), {
      instanceOf: UsageError,
      message: `--constraint: got ${JSON.stringify(text)}; expected one like node.labels.disk==ssd or node.hostname!=n1`,
    });
  });
}

const node = swarmNode('n1', { labels: { disk: 'SSD' } });
const matches: readonly (readonly [constraint: string, isMatch: boolean])[] = [
  ['node.hostname==n1', true],
  ['node.hostname!=n1', false],
  ['node.role==manager', true],
  ['node.role==worker', false],
  ['node.id==id-n1', true],
  ['node.labels.disk==ssd', true],
  ['node.labels.disk!=ssd', false],
  ['node.labels.rack==7', false],
  ['node.labels.rack!=7', true],
  ['node.platform.arch==arm64', true],
];

for (const [constraint, isMatch] of matches) {
  test(`${constraint} ${isMatch ? 'may take' : 'leaves out'} the manager n1 with an SSD`, (t) => {
    t.is(matchesConstraints([constraint], node), isMatch);
  });
}

test('all constraints must hold, and none always does', (t) => {
  t.true(matchesConstraints([], node));
  t.false(matchesConstraints(['node.hostname==n1', 'node.role==worker'], node));
});
