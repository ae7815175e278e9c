import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Behaviour } from './behaviour.ts';

interface Written {
  readonly rows: number;
  /** Where the executors ran that wrote: Spark's names of their workers. */
  readonly hosts: readonly string[];
}

/** `/data` of the cluster "spark" is a folder of this machine, which root has shared. */
export const DATA: readonly Behaviour[] = [
  {
    title: 'what executors write into /data is in the folder here, and belongs to its group',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const { data } = cluster.place;
      const folder = path.join(data, 'written');
      t.teardown(async () => rm(folder, { recursive: true, force: true }));
      const { status, stdout, stderr } = await cluster.submit(['test/jobs/write_data.py', '/data/written']);
      t.is(status, 0, stderr);
      const { rows, hosts } = JSON.parse(stdout) as Written;
      t.is(rows, 1000);
      t.is(hosts.length, 2, 'both workers have written');
      const shared = await stat(data);
      const files = await readdir(folder);
      t.true(files.includes('_SUCCESS'), files.join(' '));
      t.true(files.filter((file) => file.endsWith('.parquet')).length >= 2, files.join(' '));
      for (const file of [folder, ...files.map((name) => path.join(folder, name))]) {
        const { uid, gid, mode } = await stat(file);
        // Root's containers do not run as root; whoever is in the folder's group may change what they write.
        t.deepEqual([uid, gid, mode & 0o060], [185, shared.gid, 0o060], file);
      }
    },
  },
  {
    title: 'submit --example wordcount counts a file of /data right, on both workers',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const file = path.join(cluster.place.data, 'words.txt');
      t.teardown(async () => rm(file, { force: true }));
      await writeFile(file, `${'one two\n'.repeat(500)}${'two three\n'.repeat(500)}`);
      await chmod(file, 0o644);
      const { status, stdout, stderr } = await cluster.submit(['--example', 'wordcount', '/data/words.txt']);
      t.is(status, 0, stderr);
      t.deepEqual(stdout.trim().split('\n').toSorted(), ['one: 500', 'three: 500', 'two: 1000']);
      t.is((await readFile(file, 'utf8')).length, 500 * 18);
    },
  },
];
