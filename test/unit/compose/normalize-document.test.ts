import test from 'ava';

import { normalizeDocument } from '../../../src/compose/normalize-document.ts';

test('lists of key=value become mappings, and a name alone is without a value', (t) => {
  const raw = {
    services: {
      a: {
        image: 'x',
        environment: ['A=1', 'B', 'C=d=e', 'E='],
        labels: ['l=m'],
        deploy: { replicas: 2, labels: ['n=o'] },
      },
    },
    networks: { n: null },
  };
  t.deepEqual(normalizeDocument(raw), {
    version: '3.9',
    services: {
      a: {
        image: 'x',
        environment: { A: '1', B: null, C: 'd=e', E: '' },
        labels: { l: 'm' },
        deploy: { replicas: 2, labels: { n: 'o' } },
      },
    },
    networks: { n: null },
  });
});

test('mappings stay, and what is missing is empty', (t) => {
  const services = { a: { environment: { A: '1' } }, b: {} };
  t.deepEqual(normalizeDocument({ services, version: '2' }).services, {
    a: { environment: { A: '1' }, labels: {}, deploy: { labels: {} } },
    b: { environment: {}, labels: {}, deploy: { labels: {} } },
  });
  t.deepEqual(normalizeDocument({}).services, {});
});
