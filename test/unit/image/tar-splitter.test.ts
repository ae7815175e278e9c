import test from 'ava';
import * as fc from 'fast-check';
import { packTar, type TarEntry } from 'modern-tar';

import { EngineError } from '../../../src/errors.ts';
import { TarSplitter } from '../../../src/image/tar-splitter.ts';

interface Split {
  readonly path: string;
  readonly content: string;
}

/** What comes out of a splitter that is fed in chunks of this size: the entries, and all the bytes. */
function split(archive: Uint8Array, chunkBytes: number): { entries: Split[]; bytes: Buffer; isComplete: boolean } {
  const splitter = new TarSplitter();
  const entries: { path: string; sizeBytes: number; content: Buffer[] }[] = [];
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < archive.length; start += chunkBytes) {
    for (const { entry, isHeader, bytes } of splitter.push(archive.subarray(start, start + chunkBytes))) {
      pieces.push(Buffer.from(bytes));
      if (entry && isHeader) entries.push({ ...entry, content: [] });
      else if (entry) entries.at(-1)?.content.push(Buffer.from(bytes));
    }
  }
  return {
    entries: entries.map(({ path, sizeBytes, content }) => ({
      path,
      content: Buffer.concat(content).toString('utf8', 0, sizeBytes),
    })),
    bytes: Buffer.concat(pieces),
    isComplete: splitter.isComplete,
  };
}

function file(name: string, body: string): TarEntry {
  return { header: { name, size: Buffer.byteLength(body), type: 'file' }, body };
}

test('gives every entry with its content, and passes on every byte', async (t) => {
  const archive = await packTar([
    { header: { name: 'a/', size: 0, type: 'directory' } },
    file('a/json', '{}'),
    file('a/layer.tar', 'x'.repeat(1500)),
    { header: { name: 'b', size: 0, type: 'symlink', linkname: 'a/layer.tar' } },
    file('manifest.json', '[]'),
  ]);
  for (const chunkBytes of [1, 7, 511, 512, 513, 100_000]) {
    const { entries, bytes, isComplete } = split(archive, chunkBytes);
    t.deepEqual(entries, [
      { path: 'a/', content: '' },
      { path: 'a/json', content: '{}' },
      { path: 'a/layer.tar', content: 'x'.repeat(1500) },
      { path: 'b', content: '' },
      { path: 'manifest.json', content: '[]' },
    ]);
    t.true(bytes.equals(archive), `chunks of ${chunkBytes}`);
    t.true(isComplete);
  }
});

test('reads names that only a pax header can hold', async (t) => {
  const name = `${'deep/'.repeat(60)}läyer.tar`;
  const archive = await packTar([
    { header: { name, size: 2, type: 'file', pax: { comment: 'a\n12 path=no' } }, body: 'ok' },
    file('z', 'end'),
  ]);
  const { entries, bytes } = split(archive, 300);
  t.deepEqual(entries, [
    { path: name, content: 'ok' },
    { path: 'z', content: 'end' },
  ]);
  t.true(bytes.equals(archive));
});

test('any archive in any chunks comes out as it went in', async (t) => {
  const names = fc.stringMatching(/^[a-z]{1,20}(\/[a-z]{1,80}){0,3}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(names, fc.string({ maxLength: 2000 })), { maxLength: 6 }),
      fc.integer({ min: 1, max: 3000 }),
      async (files, chunkBytes) => {
        const archive = await packTar(files.map(([name, body]) => file(name, body)));
        const { entries, bytes } = split(archive, chunkBytes);
        t.deepEqual(
          entries,
          files.map(([path, content]) => ({ path, content })),
        );
        t.true(bytes.equals(archive));
      },
    ),
    { numRuns: 100 },
  );
});

test('an archive that breaks off is not complete', async (t) => {
  const archive = await packTar([file('a', 'content')]);
  t.false(split(archive.subarray(0, 700), 512).isComplete);
});

test('what is no archive is refused', (t) => {
  const error = t.throws(() => split(Buffer.alloc(512, 'x'), 512), { instanceOf: EngineError });
  t.is(error.message, 'The image archive cannot be read: a header without "ustar"');
});
