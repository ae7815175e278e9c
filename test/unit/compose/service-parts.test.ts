import test from 'ava';

import type { ComposeService } from '../../../src/compose/compose-document.ts';
import { fingerprint, ownerOf, roleOf } from '../../../src/compose/resolve-services.ts';
import { escapeVariables } from '../../../src/compose/spark-service.ts';
import { LABELS } from '../../../src/labels.ts';

test('a role may stand in the labels of the service or of its containers, and other words are none', (t) => {
  t.is(roleOf({ deploy: { labels: { [LABELS.role]: 'master' } } }), 'master');
  t.is(roleOf({ labels: { [LABELS.role]: 'worker' } }), 'worker');
  t.is(roleOf({ labels: { [LABELS.role]: 'notebook' } }), 'notebook');
  t.is(roleOf({ labels: { [LABELS.role]: 'network' } }), undefined);
  t.is(roleOf({}), undefined);
});

test("secrets belong to the user that the containers run as, which is the image's own where nobody is named", (t) => {
  const owner = (user: string | undefined): object => ownerOf({ data: { path: '/d', here: undefined, user } });
  t.deepEqual(ownerOf({ data: undefined }), { uid: '185', gid: '185' });
  t.deepEqual(owner(undefined), { uid: '185', gid: '185' });
  t.deepEqual(owner('1000:100'), { uid: '1000', gid: '100' });
});

test('a fingerprint is the same in any order of keys, and whatever the number and the remembered wishes', (t) => {
  const print = (given: ComposeService): string => fingerprint(given, (text) => text);
  const base: ComposeService = {
    image: 'a',
    environment: { A: '1', B: '2' },
    deploy: { replicas: 1, labels: { x: 'y' } },
  };
  const other: ComposeService = {
    deploy: { labels: { [LABELS.spec]: '{}', x: 'y' }, replicas: 9 },
    environment: { B: '2', A: '1' },
    image: 'a',
  };
  t.is(print(base), print(other));
  t.not(print(base), print({ ...base, image: 'b' }));
  t.not(
    print({ ...base, ports: [{ target: 1 }, { target: 2 }] }),
    print({ ...base, ports: [{ target: 2 }, { target: 1 }] }),
  );
});

test('every dollar is doubled once', (t) => {
  t.is(escapeVariables('a$b${C}$$'), 'a$$b$${C}$$$$');
});
