import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { explainSilence } from '../../../src/adapters/engine/explain-silence.ts';
import { NodeEngines } from '../../../src/adapters/engine/node-engines.ts';
import { openEngine, openNodeEngine } from '../../../src/adapters/engine/open-engine.ts';
import { SshFailure } from '../../../src/adapters/ssh/ssh-failure.ts';
import { UnreachableError, UsageError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { swarmNode } from '../../helpers/builders.ts';
import { FakeEngine, refusal, SILENCE } from '../../helpers/fake-engine.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

const TCP = 'tcp://10.0.0.4:2376';
const TLS = { ca: 'CA', cert: 'CERT', key: 'KEY', verify: true };

/** A folder with the three files, which is removed at the end. */
async function withCertificates(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certificates-'));
  try {
    for (const part of ['given', 'store/certs', 'half']) await mkdir(path.join(folder, part), { recursive: true });
    for (const file of ['ca.pem', 'cert.pem', 'key.pem']) {
      await writeFile(path.join(folder, 'given', file), `given ${file}`);
      await writeFile(path.join(folder, 'store', 'certs', file), `store ${file}`);
    }
    await writeFile(path.join(folder, 'half', 'ca.pem'), 'half');
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a node of docker-machine is opened with the certificate of the manager that we came by', async (t) => {
  const api = await openNodeEngine(TCP, { node: 'vm1', tls: TLS, env: { DOCKER_CERT_PATH: '/nowhere' } });
  t.deepEqual(api.endpoint, { kind: 'tcp', host: '10.0.0.4', port: 2376, tls: TLS });
  t.is(api.name, 'tcp://10.0.0.4:2376 (node vm1, with the certificate of the manager)');
});

test('else with that of DOCKER_CERT_PATH, else with that of the store of docker-machine', async (t) => {
  await withCertificates(async (folder) => {
    const store = path.join(folder, 'store');
    const open = async (certPath: string): Promise<string> => {
      const env = { DOCKER_CERT_PATH: certPath, MACHINE_STORAGE_PATH: store, HOME: '/nowhere' };
      const { endpoint, name } = await openNodeEngine(TCP, { node: 'vm1', tls: undefined, env });
      return `${endpoint.kind === 'tcp' ? endpoint.tls?.cert : ''}, ${name}`;
    };
    const given = path.join(folder, 'given');
    t.is(await open(given), `given cert.pem, ${TCP} (node vm1, with the certificate ${given}/cert.pem)`);
    t.is(await open(''), `store cert.pem, ${TCP} (node vm1, with the certificate ${store}/certs/cert.pem)`);
    // Three files or none.
    const half = path.join(folder, 'half');
    t.is(await open(half), `store cert.pem, ${TCP} (node vm1, with the certificate ${store}/certs/cert.pem)`);
  });
});

test('without one, node and address are named, and where a certificate was looked for', async (t) => {
  await using swarm = await FakeSwarm.start();
  const env = { HOME: '/nowhere', DOCKER_CERT_PATH: '/certs' };
  const engines = new NodeEngines(swarm.engine.api, env);
  const { error } = await engines.look(swarmNode('vm1', { id: 'vm1', labels: { [LABELS.nodeEngine]: TCP } }));
  t.true(error instanceof UnreachableError);
  t.is(
    error?.message,
    'Cannot reach the engine of node vm1 at tcp://10.0.0.4:2376: it asks for a client certificate, and this user has none in /certs or /nowhere/.docker/machine/certs',
  );
  t.is(error?.hint, 'set DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem of who made the machine');
});

test('other addresses need no certificate', async (t) => {
  const access = { node: 'web1', tls: undefined, env: {} };
  const api = await openNodeEngine('ssh://root@10.0.0.4:22', access);
  t.deepEqual(api.endpoint, { kind: 'ssh', user: 'root', host: '10.0.0.4', port: 22 });
  t.is(api.name, 'ssh://root@10.0.0.4:22 (node web1)');
  await t.throwsAsync(openNodeEngine('garbage', access), {
    instanceOf: UsageError,
    message:
      'label io.spark-swarm.node.engine of node web1: got "garbage"; expected unix:///path, ssh://user@host or tcp://host:port',
  });
});

test('an engine is opened by what a source says of it', async (t) => {
  await withCertificates(async (folder) => {
    const file = (name: string): string => path.join(folder, 'given', name);
    const tls = { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') };
    const api = await openEngine({ host: TCP, tls }, 'vm1 (docker-machine)');
    t.is(api.name, 'vm1 (docker-machine)');
    t.is(api.endpoint.kind === 'tcp' && api.endpoint.tls?.key, 'given key.pem');
    t.is((await openEngine({ host: 'ssh://a', tls: undefined })).name, 'ssh://a');
  });
});

test('nodes are asked at the same time', async (t) => {
  await using swarm = await FakeSwarm.start();
  const engines = new NodeEngines(swarm.engine.api);
  const waiting: (() => void)[] = [];
  const start = async (id: string): Promise<FakeEngine> =>
    FakeEngine.start({
      'GET /info': async () => {
        // None answers before all have been asked.
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 3) for (const go of waiting) go();
        });
        return { Swarm: { NodeID: id } };
      },
    });
  await using one = await start('n1');
  await using two = await start('n2');
  await using three = await start('n3');
  const nodes = [one, two, three].map(({ socketPath }, index) =>
    swarmNode(`n${index + 1}`, { id: `n${index + 1}`, labels: { [LABELS.nodeEngine]: `unix://${socketPath}` } }),
  );
  const found = await Promise.all(nodes.map(async (node) => engines.find(node)));
  t.true(found.every((api) => api !== undefined));
  for (const api of found) api?.close();
});

test('a node whose label is wrong is one that cannot be reached', async (t) => {
  await using swarm = await FakeSwarm.start();
  const engines = new NodeEngines(swarm.engine.api);
  const { error } = await engines.look(
    swarmNode('n2', { id: 'n2', labels: { [LABELS.nodeEngine]: 'ssh://root@web2/var/run' } }),
  );
  t.true(error instanceof UnreachableError);
  t.is(
    error?.message,
    'Cannot reach the engine of node n2: label io.spark-swarm.node.engine of node n2: got "ssh://root@web2/var/run"; expected ssh://user@host:port, without a path',
  );
});

test('a manager that was too slow once is asked again', async (t) => {
  let asked = 0;
  await using manager = await FakeEngine.start({
    'GET /info': () => {
      asked += 1;
      return asked === 1 ? refusal(503, 'busy') : { Swarm: { NodeID: 'n1' } };
    },
  });
  const engines = new NodeEngines(manager.api);
  const node = swarmNode('n1', { id: 'n1', labels: {} });
  await t.throwsAsync(engines.look(node));
  t.is((await engines.look(node)).api, manager.api);
});

test('a node that is silent is given up in time', async (t) => {
  await using swarm = await FakeSwarm.start();
  await using silent = await FakeEngine.start({ 'GET /info': () => SILENCE });
  const host = `unix://${silent.socketPath}`;
  const engines = new NodeEngines(swarm.engine.api);
  const { error } = await engines.look(swarmNode('n2', { id: 'n2', labels: { [LABELS.nodeEngine]: host } }));
  t.is(error?.message, `The Docker engine at ${host} (node n2) does not answer: no answer within 5 s`);
});

const silences: readonly (readonly [code: string, seen: string])[] = [
  ['ENOENT', 'there is no such socket'],
  ['EACCES', 'permission denied'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it does not take the client certificate'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'it does not take the client certificate'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is not of the authority (ca.pem) that is trusted here'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another address'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ECONNREFUSED', 'connect ECONNREFUSED'],
];

for (const [code, seen] of silences) {
  test(`${code}: ${seen}`, (t) => {
    t.is(explainSilence(Object.assign(new Error('connect ECONNREFUSED'), { code })).seen, seen);
  });
}

test('what ssh says is said with its own hint', (t) => {
  t.deepEqual(explainSilence(new SshFailure('refused', 'connection refused at port 22', 'is sshd running?')), {
    seen: 'connection refused at port 22',
    hint: 'is sshd running?',
  });
});
