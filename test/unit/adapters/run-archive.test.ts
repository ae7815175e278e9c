import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import test from 'ava';
import { unpackTar } from 'modern-tar';

import { UsageError } from '../../../src/errors.ts';
import { isFile, packRunFolder } from '../../../src/adapters/files/run-archive.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-run-'));
test.after.always(() => rm(folder, { recursive: true }));

test('an archive holds its folder first, and the files by their base names, all of one owner', async (t) => {
  const names = ['a b.py', 'ü.py'];
  for (const name of names) await writeFile(path.join(folder, name), `# ${name}`);
  const stream = await packRunFolder(
    'run-1',
    names.map((name) => path.join(folder, name)),
    { uid: 185 },
  );
  const entries = await unpackTar(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
  t.deepEqual(
    entries.map(({ header, data }) => [
      header.name,
      header.type,
      header.mode,
      header.uid,
      header.gid,
      String(Buffer.from(data ?? [])),
    ]),
    [
      ['run-1/', 'directory', 0o700, 185, 185, ''],
      ['run-1/a b.py', 'file', 0o644, 185, 185, '# a b.py'],
      ['run-1/ü.py', 'file', 0o644, 185, 185, '# ü.py'],
    ],
  );
});

test('an application in the cluster brings a folder alone', async (t) => {
  const stream = await packRunFolder('run-1', [], { uid: 185 });
  const entries = await unpackTar(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
  t.deepEqual(
    entries.map(({ header: { name } }) => name),
    ['run-1/'],
  );
});

test('a folder, and what is not there, is no file', async (t) => {
  await writeFile(path.join(folder, 'x'), '');
  t.true(isFile(path.join(folder, 'x')));
  t.false(isFile(folder));
  t.false(isFile(path.join(folder, 'missing')));
});

test('a file that cannot be read is named', async (t) => {
  const missing = path.join(folder, 'missing.py');
  const error = await t.throwsAsync(packRunFolder('run-1', [missing], { uid: 185 }), { instanceOf: UsageError });
  t.is(error.message, `Cannot read ${missing}: there is no such file`);
});
