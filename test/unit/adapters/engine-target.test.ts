import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { resolveEngineTarget, socketTarget, type EngineTarget } from '../../../src/adapters/engine/engine-target.ts';
import { NotFoundError, UsageError } from '../../../src/errors.ts';
import { FakeShell, type Answers } from '../../helpers/fake-shell.ts';

/** A home folder that is removed at the end. */
class Home implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(config?: string): Promise<Home> {
    const home = new Home(await mkdtemp(path.join(tmpdir(), 'spark-swarm-home-')));
    await mkdir(path.join(home.folder, '.docker'));
    if (config !== undefined) await writeFile(path.join(home.folder, '.docker', 'config.json'), config);
    return home;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

const inspect = (name: string): string => `docker context inspect ${name} --format {{json .}}`;
const context = (host: string, more: object = {}): string =>
  JSON.stringify({
    Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
    Storage: {},
    TLSMaterial: {},
    ...more,
  });
const CONTEXTS: Answers = {
  [inspect('lab')]: context('unix:///run/lab.sock'),
  [inspect('other')]: context('unix:///run/other.sock'),
};

async function resolve(
  home: Home,
  env: Readonly<Record<string, string>> = {},
  flag?: string,
  shell = new FakeShell(CONTEXTS),
): Promise<Omit<EngineTarget, 'api'> & { readonly name: string }> {
  const { api, ...rest } = await resolveEngineTarget({ context: flag, env: { HOME: home.folder, ...env }, shell });
  return { ...rest, name: api.name };
}

const LAB = {
  contextName: 'lab',
  isExplicit: true,
  dockerEnv: { DOCKER_HOST: 'unix:///run/lab.sock' },
  name: 'unix:///run/lab.sock (context lab)',
};
const DEFAULT = {
  contextName: 'default',
  isExplicit: false,
  dockerEnv: { DOCKER_HOST: 'unix:///var/run/docker.sock' },
  name: 'unix:///var/run/docker.sock',
};

test("where nothing names an engine it is Docker's default, and that is known", async (t) => {
  await using home = await Home.create();
  t.deepEqual(await resolve(home), DEFAULT);
});

test('--context wins over everything', async (t) => {
  await using home = await Home.create('{"currentContext":"other"}');
  const env = { DOCKER_HOST: 'unix:///run/host.sock', DOCKER_CONTEXT: 'other' };
  t.deepEqual(await resolve(home, env, 'lab'), LAB);
});

test('DOCKER_HOST wins over DOCKER_CONTEXT, and asks docker nothing', async (t) => {
  await using home = await Home.create('{"currentContext":"other"}');
  const shell = new FakeShell();
  const env = { DOCKER_HOST: 'unix:///run/host.sock', DOCKER_CONTEXT: 'lab' };
  t.deepEqual(await resolve(home, env, undefined, shell), {
    contextName: undefined,
    isExplicit: true,
    dockerEnv: { DOCKER_HOST: 'unix:///run/host.sock' },
    name: 'unix:///run/host.sock',
  });
  t.deepEqual(shell.lines, []);
});

test('DOCKER_CONTEXT wins over the current context', async (t) => {
  await using home = await Home.create('{"currentContext":"other"}');
  t.deepEqual(await resolve(home, { DOCKER_CONTEXT: 'lab' }), LAB);
});

test('the current context counts as named', async (t) => {
  await using home = await Home.create('{"currentContext":"lab"}');
  t.deepEqual(await resolve(home), LAB);
});

test('empty variables count as not set', async (t) => {
  await using home = await Home.create('{"currentContext":"lab"}');
  t.deepEqual(await resolve(home, { DOCKER_HOST: '', DOCKER_CONTEXT: '', DOCKER_CONFIG: '' }), LAB);
});

test('DOCKER_CONFIG is where the current context is read', async (t) => {
  await using home = await Home.create('{"currentContext":"other"}');
  await using config = await Home.create('{"currentContext":"lab"}');
  t.deepEqual(await resolve(home, { DOCKER_CONFIG: path.join(config.folder, '.docker') }), LAB);
});

test('the context "default" that was asked for is explicit', async (t) => {
  await using home = await Home.create('{"currentContext":"lab"}');
  t.deepEqual(await resolve(home, {}, 'default'), { ...DEFAULT, isExplicit: true });
});

test('a configuration without a current context is none', async (t) => {
  await using home = await Home.create('{"auths":{},"currentContext":""}');
  t.deepEqual(await resolve(home), DEFAULT);
});

test('a configuration that cannot be read is said', async (t) => {
  await using home = await Home.create('{');
  const error = await t.throwsAsync(resolve(home), { instanceOf: UsageError });
  t.true(error.message.startsWith(`Cannot read ${home.folder}/.docker/config.json: `), error.message);
});

test('a context that does not exist is not found', async (t) => {
  await using home = await Home.create();
  const shell = new FakeShell({ [inspect('nope')]: '!context "nope": context not found' });
  const error = await t.throwsAsync(resolve(home, { DOCKER_CONTEXT: 'nope' }, undefined, shell), {
    instanceOf: NotFoundError,
  });
  t.is(error.message, 'No docker context named "nope"');
  t.is(error.hint, 'docker context ls');
});

test('a context without a Docker engine is refused', async (t) => {
  await using home = await Home.create();
  const shell = new FakeShell({ [inspect('k8s')]: JSON.stringify({ Endpoints: {}, Storage: {}, TLSMaterial: {} }) });
  await t.throwsAsync(resolve(home, {}, 'k8s', shell), {
    instanceOf: UsageError,
    message: 'The docker context "k8s" names no Docker engine',
  });
});

test('a context over ssh is an engine as others are, also for docker itself', async (t) => {
  await using home = await Home.create();
  const shell = new FakeShell({ [inspect('far')]: context('ssh://me@127.0.0.1:2222') });
  const { api, ...rest } = await resolveEngineTarget({ context: 'far', env: { HOME: home.folder }, shell });
  t.is(api.name, 'ssh://me@127.0.0.1:2222 (context far)');
  t.deepEqual(api.endpoint, { kind: 'ssh', user: 'me', host: '127.0.0.1', port: 2222 });
  t.deepEqual(rest, {
    contextName: 'far',
    isExplicit: true,
    dockerEnv: { DOCKER_HOST: 'ssh://me@127.0.0.1:2222' },
    hostAddress: '127.0.0.1',
  });
  api.close();
});

test('DOCKER_HOST may name a host of ssh', async (t) => {
  await using home = await Home.create();
  const { name, ...rest } = await resolve(home, { DOCKER_HOST: 'ssh://me@127.0.0.1' });
  t.is(name, 'ssh://me@127.0.0.1');
  t.deepEqual(rest, {
    contextName: undefined,
    isExplicit: true,
    dockerEnv: { DOCKER_HOST: 'ssh://me@127.0.0.1' },
    hostAddress: '127.0.0.1',
  });
});

test('a context is not spoken to with the certificates of another engine', async (t) => {
  await using home = await Home.create();
  const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
  t.deepEqual((await resolve(home, env, 'lab')).dockerEnv, {
    DOCKER_HOST: 'unix:///run/lab.sock',
    DOCKER_TLS_VERIFY: '',
  });
});

test('a context with TLS is used with its certificates, and docker uses the context itself', async (t) => {
  await using home = await Home.create();
  await mkdir(path.join(home.folder, 'tls', 'docker'), { recursive: true });
  for (const file of ['ca.pem', 'cert.pem', 'key.pem'])
    await writeFile(path.join(home.folder, 'tls', 'docker', file), file);
  const shell = new FakeShell({
    [inspect('far')]: context('tcp://10.0.0.1:2376', {
      Storage: { TLSPath: path.join(home.folder, 'tls') },
      TLSMaterial: { docker: ['ca.pem', 'cert.pem', 'key.pem'] },
    }),
  });
  const { api, dockerEnv } = await resolveEngineTarget({ context: 'far', env: { HOME: home.folder }, shell });
  t.deepEqual(api.endpoint, {
    kind: 'tcp',
    host: '10.0.0.1',
    port: 2376,
    tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem', verify: true },
  });
  t.deepEqual(dockerEnv, { DOCKER_CONTEXT: 'far', DOCKER_HOST: '' });
  api.close();
});

/** A folder with the three files, each with its own name as text. */
async function writeCertificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of ['ca.pem', 'cert.pem', 'key.pem']) await writeFile(path.join(folder, file), file);
}

const TLS = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem', verify: true };

test('DOCKER_HOST with DOCKER_CERT_PATH is spoken to by TLS, as docker-machine env sets it', async (t) => {
  await using home = await Home.create();
  const folder = path.join(home.folder, 'certs');
  await writeCertificates(folder);
  for (const verify of ['1', '']) {
    const env = { DOCKER_HOST: 'tcp://10.0.0.1:2376', DOCKER_TLS_VERIFY: verify, DOCKER_CERT_PATH: folder };
    const shell = new FakeShell();
    const { api, dockerEnv } = await resolveEngineTarget({ context: undefined, env, shell });
    t.deepEqual(api.endpoint, { kind: 'tcp', host: '10.0.0.1', port: 2376, tls: TLS });
    t.deepEqual(dockerEnv, { DOCKER_HOST: 'tcp://10.0.0.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
    api.close();
  }
});

test("without a DOCKER_CERT_PATH the certificates are where docker's configuration is", async (t) => {
  await using home = await Home.create();
  await writeCertificates(path.join(home.folder, '.docker'));
  const env = { HOME: home.folder, DOCKER_HOST: 'tcp://10.0.0.1', DOCKER_TLS_VERIFY: '1' };
  const { api } = await resolveEngineTarget({ context: undefined, env, shell: new FakeShell() });
  t.deepEqual(api.endpoint, { kind: 'tcp', host: '10.0.0.1', port: 2376, tls: TLS });
  api.close();
});

test('certificates say nothing to a socket', async (t) => {
  await using home = await Home.create();
  const env = { DOCKER_HOST: 'unix:///run/host.sock', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' };
  t.deepEqual((await resolve(home, env)).dockerEnv, { DOCKER_HOST: 'unix:///run/host.sock', DOCKER_TLS_VERIFY: '' });
});

test('of certificates that are missing the first one is named, every time', async (t) => {
  await using home = await Home.create();
  const env = { DOCKER_HOST: 'tcp://10.0.0.1:2376', DOCKER_CERT_PATH: '/nowhere' };
  for (let time = 0; time < 50; time += 1) {
    await t.throwsAsync(resolve(home, env), {
      instanceOf: UsageError,
      message: 'DOCKER_CERT_PATH: cannot read /nowhere/ca.pem: there is no such file',
    });
  }
});

test("a socket is a target of its own: a lab's manager", (t) => {
  const { api, ...rest } = socketTarget('/run/lab.sock', 'spark-lab');
  t.is(api.name, 'unix:///run/lab.sock (context spark-lab)');
  t.deepEqual(rest, {
    contextName: 'spark-lab',
    isExplicit: true,
    dockerEnv: { DOCKER_HOST: 'unix:///run/lab.sock' },
  });
});
