import test from 'ava';

import { PullSums, shortReason } from '../../../src/setup/pull-image.ts';
import { bootstrapDetail, findObstacle } from '../../../src/setup/set-up-base-image.ts';

const DEBIAN = {
  platform: 'linux',
  os: { id: 'debian', like: [], version: '12', codename: 'bookworm', name: 'Debian 12' },
} as const;

test('on Debian as root nothing stands in the way of debootstrap', (t) => {
  t.is(findObstacle(DEBIAN, { canBeRoot: true, hasMirror: true }), undefined);
});

test('what stands in the way is said', (t) => {
  const able = { canBeRoot: true, hasMirror: true };
  t.is(findObstacle({ ...DEBIAN, platform: 'darwin' }, able), 'only Debian can make it itself');
  t.is(
    findObstacle({ ...DEBIAN, os: { ...DEBIAN.os, id: 'ubuntu', name: 'Ubuntu 24.04' } }, able),
    'the apt sources of Ubuntu 24.04 name no Debian mirror to make it from',
  );
  t.is(findObstacle(DEBIAN, { ...able, canBeRoot: false }), 'making it with debootstrap needs root');
});

test("a pull's progress is the sum of its layers", (t) => {
  const sums = new PullSums();
  t.is(sums.add({ status: 'Pulling from library/debian' }), undefined);
  t.is(sums.add({ id: 'a', status: 'Downloading', progressDetail: { current: 1e6, total: 10e6 } }), '1 MB of 10 MB');
  t.is(sums.add({ id: 'b', status: 'Downloading', progressDetail: { current: 2e6, total: 20e6 } }), '3 MB of 30 MB');
  t.is(sums.add({ id: 'a', status: 'Downloading', progressDetail: { current: 10e6, total: 10e6 } }), '12 MB of 30 MB');
});

test('of the reason for a failed pull the end is kept', (t) => {
  t.is(shortReason('Get "https://registry.test/v2/": dial tcp: lookup registry.test: no such host'), 'no such host');
  t.is(shortReason('toomanyrequests\nmore'), 'toomanyrequests');
});

for (const [line, detail] of [
  ['I: Retrieving libc6 2.41-12', 'retrieving libc6'],
  ['I: Unpacking apt...', 'unpacking apt'],
  ['I: Base system installed successfully.', undefined],
] as const) {
  test(`a line of debootstrap: ${line}`, (t) => {
    t.is(bootstrapDetail(line), detail);
  });
}
