import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { readRegistryAuth } from '../../../src/adapters/images/registry-auth.ts';
import { CommandError, UsageError } from '../../../src/errors.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

const HOST = 'registry.example:5000';
const BASIC = Buffer.from('anna:p:a?ss~~').toString('base64');

let folder: string;
test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-auth-'));
});
test.after.always(async () => rm(folder, { recursive: true }));

/** What the header holds, with docker's config like this. */
async function read(
  config: unknown,
  answers: Readonly<Record<string, string>> = {},
  registry = HOST,
): Promise<unknown> {
  const home = await mkdtemp(path.join(folder, 'home-'));
  await writeFile(path.join(home, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  const shell = new FakeShell(answers);
  const header = await readRegistryAuth(registry, { env: { DOCKER_CONFIG: home }, shell });
  for (const { line } of shell.calls) if (line.includes(registry)) throw new Error('the registry is an argument');
  return header === undefined ? undefined : JSON.parse(Buffer.from(header, 'base64url').toString());
}

test('without a config, or without an entry, there are no credentials', async (t) => {
  t.is(await readRegistryAuth(HOST, { env: { HOME: folder }, shell: new FakeShell() }), undefined);
  t.is(await read({ auths: { 'other.example': { auth: BASIC } } }), undefined);
  t.is(await read({ auths: { [HOST]: {} } }), undefined);
});

test('name and password that docker login has stored', async (t) => {
  const expected = { username: 'anna', password: 'p:a?ss~~', serveraddress: HOST };
  t.deepEqual(await read({ auths: { [HOST]: { auth: BASIC } } }), expected);
  t.deepEqual(await read({ auths: { [`https://${HOST}/v1/`]: { auth: BASIC } } }), expected);
});

test('a token', async (t) => {
  t.deepEqual(await read({ auths: { [HOST]: { auth: BASIC, identitytoken: 'tok' } } }), {
    identitytoken: 'tok',
    serveraddress: HOST,
  });
});

test('a credential helper is asked, the one of the registry first', async (t) => {
  const config = { credsStore: 'all', credHelpers: { [HOST]: 'one' } };
  const answer = JSON.stringify({ ServerURL: HOST, Username: 'anna', Secret: 'geheim' });
  const found = await read(config, { 'docker-credential-one get': answer });
  t.deepEqual(found, { username: 'anna', password: 'geheim', serveraddress: HOST });
  const token = JSON.stringify({ ServerURL: HOST, Username: '<token>', Secret: 'tok' });
  t.deepEqual(await read({ credsStore: 'all' }, { 'docker-credential-all get': token }), {
    identitytoken: 'tok',
    serveraddress: HOST,
  });
});

test('a helper that knows nothing leaves what is stored', async (t) => {
  const answers = { 'docker-credential-all get': '!credentials not found in native keychain' };
  t.is(await read({ credsStore: 'all' }, answers), undefined);
});

test('a helper that fails is named, and nothing that it printed', async (t) => {
  const answers = { 'docker-credential-all get': '!2 secret words' };
  const error = await t.throwsAsync(read({ credsStore: 'all' }, answers), { instanceOf: CommandError });
  t.is(error.message, 'Command failed with exit status 2: docker-credential-all get');
});

test('a broken config is named, and nothing of it', async (t) => {
  const error = await t.throwsAsync(read('{"auths": geheim'), { instanceOf: UsageError });
  t.regex(error.message, /^Cannot read .*config\.json: it is not JSON$/);
  t.is(error.cause, undefined);
});

test('Docker Hub is stored under its name of old, for helpers too', async (t) => {
  const server = 'https://index.docker.io/v1/';
  const expected = { username: 'anna', password: 'p:a?ss~~', serveraddress: server };
  for (const registry of ['docker.io', 'index.docker.io']) {
    t.deepEqual(await read({ auths: { [server]: { auth: BASIC } } }, {}, registry), expected);
  }
  const answer = JSON.stringify({ ServerURL: server, Username: 'anna', Secret: 'p:a?ss~~' });
  const config = { credHelpers: { [server]: 'hub' } };
  t.deepEqual(await read(config, { 'docker-credential-hub get': answer }, 'docker.io'), expected);
});
