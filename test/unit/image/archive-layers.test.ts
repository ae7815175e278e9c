import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { ArchiveLayers } from '../../../src/image/archive-layers.ts';
import { projectRoot } from '../../helpers/cli.ts';

interface SavedArchive {
  /** From `docker image inspect`. */
  readonly layers: readonly string[];
  /** From the archive's manifest.json, in the same order. */
  readonly files: readonly string[];
  /** Each `<id>/json` of the archive. */
  readonly descriptions: Readonly<Record<string, string>>;
}

const saved = JSON.parse(
  readFileSync(path.join(projectRoot, 'test/fixtures/docker-save/descriptions-20.10.24.json'), 'utf8'),
) as SavedArchive;

function readAll(layers: readonly string[], change: (content: string) => string = (content) => content): ArchiveLayers {
  const archive = new ArchiveLayers([layers]);
  for (const [file, content] of Object.entries(saved.descriptions)) archive.addDescription(file, change(content));
  return archive;
}

test('an archive of engine 20.10: every layer is known by the description before it', (t) => {
  const archive = readAll(saved.layers);
  t.deepEqual(
    saved.files.map((file) => archive.layerOf(file)),
    saved.layers,
  );
  t.true(Object.keys(saved.descriptions).every((file) => archive.isDescription(file)));
});

test('an archive of engine 25 or newer: the file is named by the digest', (t) => {
  const archive = new ArchiveLayers([saved.layers]);
  for (const layer of saved.layers) t.is(archive.layerOf(`blobs/sha256/${layer.slice('sha256:'.length)}`), layer);
  t.is(archive.layerOf(`blobs/sha256/${'0'.repeat(64)}`), undefined);
});

test('a description that fits no layer leaves its file unknown, so that everybody gets it', (t) => {
  const others = readAll(saved.layers.map((layer) => layer.replace(/.$/, 'x')));
  t.deepEqual(
    saved.files.map((file) => others.layerOf(file)),
    saved.files.map(() => undefined),
  );
  const changed = readAll(saved.layers, (content) => content.replace('"linux"', '"plan9"').replace('1970', '1971'));
  t.deepEqual(
    saved.files.map((file) => changed.layerOf(file)),
    saved.files.map(() => undefined),
  );
  const broken = readAll(saved.layers, () => '{');
  t.is(broken.layerOf(saved.files[0] ?? ''), undefined);
});

test('an archive of two images: the layers of both are known', (t) => {
  const half = saved.layers.slice(0, Math.ceil(saved.layers.length / 2));
  const archive = new ArchiveLayers([half, saved.layers]);
  for (const [file, content] of Object.entries(saved.descriptions)) archive.addDescription(file, content);
  t.deepEqual(
    saved.files.map((file) => archive.layerOf(file)),
    saved.layers,
  );
});

test('other files of an archive are no layers', (t) => {
  const archive = readAll(saved.layers);
  for (const file of [
    'manifest.json',
    'repositories',
    'index.json',
    `${'a'.repeat(64)}/layer.tar`,
    `${'a'.repeat(64)}.json`,
  ]) {
    t.is(archive.layerOf(file), undefined);
    t.false(archive.isDescription(file));
  }
});
