import test from 'ava';

import { COMPOSE_PROJECT_LABEL, LABELS } from '../../../../src/labels.ts';
import { InvalidStateError } from '../../../../src/errors.ts';
import { writeSecretFiles } from '../../../../src/platforms/containers/secret-files.ts';
import { MIB, spec } from '../../../helpers/builders.ts';
import { FakeContainers } from '../../../helpers/fake-containers.ts';
import { refusal } from '../../../helpers/fake-engine.ts';

interface File {
  readonly name: string;
  readonly text: string;
  readonly mode: number | undefined;
  readonly owner: string;
}

const filesOf = (fake: FakeContainers): readonly File[] =>
  [...fake.written.values()].flatMap(({ entries }) =>
    entries.map(({ header, data }) => ({
      name: header.name,
      text: Buffer.from(data ?? []).toString(),
      mode: header.mode,
      owner: `${header.uid}:${header.gid}`,
    })),
  );
const write = (
  fake: FakeContainers,
  changes: Parameters<typeof spec>[0] = {},
  caBundle?: { readonly text: string },
): Promise<void> => writeSecretFiles(spec(changes), { api: fake.engine.api, caBundle });

const notebook = { image: 'n', imageId: 'sha256:n', limitBytes: 1920 * MIB };

test('the secret is a file that only the containers’ user may read, written through a container that never starts', async (t) => {
  await using fake = await FakeContainers.start();
  await write(fake);
  const [file, ...more] = filesOf(fake);
  t.deepEqual(more, []);
  t.like(file, { name: 'spark-auth-secret', mode: 0o400, owner: '185:185' });
  t.regex(file?.text ?? '', /^[0-9a-f]{64}$/);
  t.deepEqual(fake.volumes, [
    {
      Name: 'spark-secrets',
      CreatedAt: String(fake.info['SystemTime']),
      Labels: { [LABELS.cluster]: 'spark', [COMPOSE_PROJECT_LABEL]: 'spark', [LABELS.role]: 'secrets' },
    },
  ]);
  t.deepEqual(fake.written.get('made-1')?.body, {
    Image: 'sha256:aaaa',
    Cmd: ['true'],
    Labels: { [LABELS.cluster]: 'spark', [LABELS.role]: 'secrets' },
    HostConfig: { Mounts: [{ Type: 'volume', Source: 'spark-secrets', Target: '/run/secrets' }], NetworkMode: 'none' },
  });
  t.is(fake.engine.changes.at(-1), 'DELETE /containers/made-1');
  t.false(fake.engine.lines.some((line) => line.endsWith('/start')));
  const said = JSON.stringify(fake.engine.requests.filter(({ path }) => !path.endsWith('/archive')));
  t.false(said.includes(file?.text ?? ''));
});

test('a notebook has a token of its own, and files belong to whom the containers run as', async (t) => {
  await using fake = await FakeContainers.start();
  const data = { path: '/d', here: undefined, user: '1000:100' };
  await write(fake, { notebook, data });
  const files = filesOf(fake);
  t.deepEqual(
    files.map(({ name, mode, owner }) => [name, mode, owner]),
    [
      ['spark-auth-secret', 0o400, '1000:100'],
      ['notebook-token', 0o400, '1000:100'],
    ],
  );
  t.not(files[0]?.text, files[1]?.text);
});

test('secrets that are there stay, for a new owner too', async (t) => {
  await using fake = await FakeContainers.start();
  fake.files.set('/run/secrets/spark-auth-secret', 'kept');
  await write(fake, { notebook, data: { path: '/d', here: undefined, user: '7:7' } });
  const files = filesOf(fake);
  t.like(files[0], { name: 'spark-auth-secret', text: 'kept', owner: '7:7' });
  t.regex(files[1]?.text ?? '', /^[0-9a-f]{64}$/);
});

test("the machine's certificates are a file that everybody may read; without them the ones of before stay", async (t) => {
  const machine = { proxies: {}, hasCaBundle: true };
  await using fake = await FakeContainers.start();
  await write(fake, { machine }, { text: 'PEM' });
  t.like(filesOf(fake)[1], { name: 'ca-bundle.crt', text: 'PEM', mode: 0o444 });
  fake.files.set('/run/secrets/ca-bundle.crt', 'OLD');
  await write(fake, { machine });
  t.like(filesOf(fake).at(-1), { name: 'ca-bundle.crt', text: 'OLD' });
});

test('a cluster that was made with certificates cannot be made anew without any', async (t) => {
  await using fake = await FakeContainers.start();
  const error = await t.throwsAsync(write(fake, { machine: { proxies: {}, hasCaBundle: true } }), {
    instanceOf: InvalidStateError,
  });
  t.is(
    error.message,
    'The cluster "spark" was made with certificates of a machine, and this one has none to put in their place',
  );
  t.is(error.hint, 'let SSL_CERT_FILE name a bundle of certificates');
  t.is(fake.engine.changes.at(-1), 'DELETE /containers/made-1');
});

test('the container goes, although the engine refuses the files', async (t) => {
  await using fake = await FakeContainers.start();
  fake.engine.on({ 'PUT /containers/*/archive': () => refusal(500, 'no space left on device') });
  await t.throwsAsync(write(fake), { message: 'no space left on device' });
  t.is(fake.engine.changes.at(-1), 'DELETE /containers/made-1');
});
