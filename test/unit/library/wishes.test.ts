import test from 'ava';

import type { ClusterFlags } from '../../../src/cluster/resolve-spec.ts';
import type { DataFolder } from '../../../src/cluster/spec.ts';
import type { CreateClusterOptions } from '../../../src/index.ts';
import { readOptions } from '../../../src/library/read-options.ts';
import { flagsOf, packagesOf, WISH_READERS } from '../../../src/library/wishes.ts';

const flags = (options: CreateClusterOptions): ClusterFlags =>
  flagsOf(readOptions(options, WISH_READERS), options.name ?? 'spark', '/here');

const folder = (path: string): DataFolder => ({ path, here: path, user: undefined });

const rows: readonly (readonly [options: CreateClusterOptions, flags: Omit<ClusterFlags, 'name'>])[] = [
  [{}, {}],
  [{ workers: undefined, conf: undefined, ports: { ui: undefined } as object }, { ports: {} }],
  [
    { workers: 3, workerCores: 0.5, masterCores: 2 },
    { workers: 3, workerCores: 0.5, masterCores: 2 },
  ],
  [
    { workerMemory: '2g', masterMemory: '4g' },
    { workerMemoryBytes: 2 * 1024 ** 3, masterMemoryBytes: 4 * 1024 ** 3 },
  ],
  [
    { notebook: false, image: 'a/b:c', bind: '::1' },
    { notebook: false, image: 'a/b:c', bind: '::1' },
  ],
  [{ ports: { ui: 0, master: 'none', jupyter: 8889 } }, { ports: { ui: 0, master: 'none', jupyter: 8889 } }],
  [
    { conf: { 'spark.executor.cores': 1, 'spark.ui.enabled': false, 'spark.x': ' a b ' } },
    { conf: { 'spark.executor.cores': '1', 'spark.ui.enabled': 'false', 'spark.x': 'a b' } },
  ],
  [{ env: { TZ: 'UTC', EMPTY: '', A: 'b=c' } }, { env: { TZ: 'UTC', EMPTY: '', A: 'b=c' } }],
  [
    { conf: {}, env: {}, constraints: [] },
    { conf: {}, env: {}, constraints: [] },
  ],
  [{ constraints: ['node.role == worker'] }, { constraints: ['node.role==worker'] }],
  [
    { data: 'data', file: '../own.yml' },
    { data: folder('/here/data'), file: '/own.yml' },
  ],
  [{ data: '/srv/data' }, { data: folder('/srv/data') }],
];

for (const [options, expected] of rows) {
  test(`${JSON.stringify(options)} are the flags ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(flags(options), { name: 'spark', ...expected });
  });
}

test('numbers may come as text, as a command line gives them', (t) => {
  const typed = { name: 7, workers: '3', ports: { ui: '0' } } as unknown as CreateClusterOptions;
  t.throws(() => readOptions(typed, WISH_READERS), { message: /^name: got "7"; expected 1 to 32 of a-z/ });
  const { workers, ports } = readOptions({ ...typed, name: 'a' }, WISH_READERS);
  t.deepEqual({ workers, ports }, { workers: 3, ports: [['ui', 0]] });
});

test('packages are wished for by files, relative to the folder of the call', (t) => {
  const packages = (options: CreateClusterOptions): unknown => packagesOf(readOptions(options, WISH_READERS), '/here');
  t.is(packages({}), undefined);
  t.is(packages({ jars: [] }), undefined);
  t.deepEqual(packages({ requirements: 'r.txt' }), { requirements: '/here/r.txt', jars: [] });
  t.deepEqual(packages({ jars: ['a.jar', '/b.jar'] }), { requirements: undefined, jars: ['/here/a.jar', '/b.jar'] });
});
