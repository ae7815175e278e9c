import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';

import test from 'ava';
import { unpackTar } from 'modern-tar';

import { findCaBundle, openBuildContext, readBuildFolder } from '../../../src/adapters/images/build-context.ts';

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-context-'));
  await mkdir(path.join(folder, 'config/build'), { recursive: true });
  await mkdir(path.join(folder, 'pkg'));
  await mkdir(path.join(folder, 'node'));
  await writeFile(path.join(folder, 'Dockerfile'), 'FROM scratch\n');
  await writeFile(path.join(folder, 'config/build/run'), '#!/bin/sh\n');
  await chmod(path.join(folder, 'config/build/run'), 0o700);
  await writeFile(path.join(folder, 'pkg/README.md'), 'hi\n', { mode: 0o600 });
  await writeFile(path.join(folder, 'node/Dockerfile'), 'FROM other\n');
  return folder;
}

async function unpackContext(folder: string, caBundle: string | undefined) {
  const archive = await buffer(await openBuildContext(await readBuildFolder(folder), caBundle));
  const entries = await unpackTar(archive);
  return entries.map(({ header, data }) => [header.name, header.mode, header.uid, Buffer.from(data ?? []).toString()]);
}

test('the context is Dockerfile, config and pkg, with modes and owner that no umask changes', async (t) => {
  const folder = await makeFolder();
  t.deepEqual(await unpackContext(folder, undefined), [
    ['Dockerfile', 0o644, 0, 'FROM scratch\n'],
    ['config/build/run', 0o755, 0, '#!/bin/sh\n'],
    ['pkg/README.md', 0o644, 0, 'hi\n'],
  ]);
  await rm(folder, { recursive: true });
});

test("the machine's certificates are in the context and not in the folder", async (t) => {
  const folder = await makeFolder();
  const bundle = path.join(folder, 'bundle.pem');
  await writeFile(bundle, 'PEM');
  const names = (await unpackContext(folder, bundle)).map(([name]) => name);
  t.deepEqual(names, ['Dockerfile', 'config/build/run', 'pkg/README.md', 'pkg/host-ca.crt']);
  t.deepEqual(
    (await readBuildFolder(folder)).files.map((file) => file.path),
    ['config/build/run', 'pkg/README.md'],
  );
  await rm(folder, { recursive: true });
});

test('certificates: the first variable that names a file', async (t) => {
  const folder = await makeFolder();
  const file = path.join(folder, 'Dockerfile');
  t.is(await findCaBundle({}), undefined);
  t.is(await findCaBundle({ SSL_CERT_FILE: '/nowhere.pem', CURL_CA_BUNDLE: folder }), undefined);
  t.deepEqual(await findCaBundle({ SSL_CERT_FILE: '/nowhere.pem', NODE_EXTRA_CA_CERTS: file }), {
    variable: 'NODE_EXTRA_CA_CERTS',
    file,
  });
  await rm(folder, { recursive: true });
});
