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

test('short mounts, lists of networks and labels of volumes have the long form, too', (t) => {
  const mounts = [
    'jobs:/var/lib/spark/jobs',
    './here:/there:ro',
    '/srv:/data:rw',
    '/tmp',
    '${DATA:-/srv}:/data',
    'a:/b:z',
    { type: 'volume', target: '/x' },
  ];
  const raw = {
    services: { a: { volumes: mounts, networks: ['n', 'm'] }, b: { networks: { n: { aliases: ['x'] } } } },
    volumes: { jobs: { labels: ['role=jobs'] }, data: { labels: { role: 'data' } }, plain: null },
  };
  const { services, volumes } = normalizeDocument(raw);
  t.deepEqual<unknown, unknown>(services['a']?.volumes, [
    { type: 'volume', source: 'jobs', target: '/var/lib/spark/jobs' },
    { type: 'bind', source: './here', target: '/there', read_only: true },
    { type: 'bind', source: '/srv', target: '/data' },
    { type: 'volume', target: '/tmp' },
    '${DATA:-/srv}:/data',
    'a:/b:z',
    { type: 'volume', target: '/x' },
  ]);
  t.deepEqual(services['a']?.networks, { n: null, m: null });
  t.deepEqual(services['b']?.networks, { n: { aliases: ['x'] } });
  t.deepEqual(volumes, { jobs: { labels: { role: 'jobs' } }, data: { labels: { role: 'data' } }, plain: null });
});
