import { once } from 'node:events';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import { Container } from '../../src/adapters/engine/container.ts';
import { parseDockerHost } from '../../src/adapters/engine/endpoint.ts';
import { EngineApi } from '../../src/adapters/engine/engine-api.ts';
import { resolveEngineTarget } from '../../src/adapters/engine/engine-target.ts';
import { NodeEngines } from '../../src/adapters/engine/node-engines.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import { choosePlatform } from '../../src/connections/connect.ts';
import { listKnownSwarms } from '../../src/connections/find-swarm.ts';
import { InterruptedError, UnreachableError } from '../../src/errors.ts';
import { LABELS } from '../../src/labels.ts';
import { swarmNode } from '../helpers/builders.ts';
import { projectRoot } from '../helpers/cli.ts';
import { buildMachineImage } from '../helpers/machine-image.ts';
import { TestMachines } from '../helpers/machines.ts';
import type { StandIn } from '../helpers/stand-in.ts';
import { listenWithTls, makeCertificates } from '../helpers/tls-engine.ts';
import { waitFor } from '../helpers/wait-for.ts';

// Real engines (20.10 on Debian 12, 26.1 on Debian 13) by ssh and by TLS.
let set: TestMachines;
let trixie: StandIn;
let bookworm: StandIn;
/** 350 MB; every machine gets it by the first test. */
let image: string;

test.before(async () => {
  set = await TestMachines.start({ machines: ['trixie', 'bookworm'], prefix: 'eng' });
  [trixie, bookworm] = set.machines as [StandIn, StandIn];
  image = await buildMachineImage({ release: 'bookworm', hasEngine: true });
  // `ssh` is looked for in this process's PATH.
  Object.assign(process.env, set.env);
  for (const [name, value] of Object.entries(set.env)) if (value === undefined) delete process.env[name];
});

test.after.always(async () => set?.[Symbol.asyncDispose]());

const engineOf = ({ name }: StandIn, user = 'root'): EngineApi =>
  new EngineApi(parseDockerHost(`ssh://${user}@${name}`, 'test', undefined));

const countConnections = async (machine: StandIn): Promise<number> =>
  Number(await machine.must("ss -tnH state established '( sport = :22 )' | wc -l"));

/** A container that sleeps, of the image that was loaded. */
async function startContainer(api: EngineApi): Promise<Container> {
  const { Id: id } = await api.post<{ readonly Id: string }>('/containers/create', {
    body: { Image: image, Entrypoint: ['sleep'], Cmd: ['600'], Labels: { [LABELS.probe]: 'test' } },
  });
  await api.post(`/containers/${id}/start`);
  return new Container(api, id);
}

for (const release of ['trixie', 'bookworm'] as const) {
  test.serial(`${release}: an image of 350 MB is loaded as a stream, and memory does not grow with it`, async (t) => {
    const machine = release === 'trixie' ? trixie : bookworm;
    const api = engineOf(machine);
    const before = process.memoryUsage().rss;
    const save = spawn('docker', ['save', image], { stdio: ['ignore', 'pipe', 'inherit'] });
    const response = await api.open('POST', '/images/load', {
      query: { quiet: 1 },
      stream: save.stdout,
      contentType: 'application/x-tar',
      timeoutMs: 0,
    });
    t.is((JSON.parse(await readText(response)) as { stream: string }).stream, `Loaded image: ${image}\n`);
    t.true(process.memoryUsage().rss - before < 150_000_000);
    api.close();
  });

  test.serial(
    `${release}: programs in containers have their output, errors and status, also many at once`,
    async (t) => {
      const machine = release === 'trixie' ? trixie : bookworm;
      const api = engineOf(machine);
      const container = await startContainer(api);
      t.deepEqual(await container.read(['sh', '-c', 'echo out; echo err >&2; exit 7']), {
        status: 7,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      const out = new PassThrough();
      let length = 0;
      out.on('data', (bytes: Buffer) => (length += bytes.length));
      // What is not read 2 s after the end of a program, the engine throws away.
      const program = 'head -c 50000000 /dev/zero; until [ -e /tmp/read ]; do sleep 0.1; done';
      const ended = container.exec(['sh', '-c', program], { stdout: out, stderr: out });
      await waitFor('50 MB', { read: () => Promise.resolve(length), until: (read) => read >= 50_000_000 });
      await container.read(['touch', '/tmp/read']);
      t.is(await ended, 0);
      t.is(length, 50_000_000);
      const before = await countConnections(machine);
      const infos = await Promise.all(
        Array.from({ length: 20 }, async () => api.get<{ readonly Name: string }>('/info')),
      );
      t.true(infos.every(({ Name }) => Name === machine.name));
      t.is(await countConnections(machine), before);
      await container.killAndRemove();
      api.close();
    },
  );

  test.serial(
    `${release}: an interruption ends a stream, and a lost connection is not taken for its end`,
    async (t) => {
      const machine = release === 'trixie' ? trixie : bookworm;
      const api = engineOf(machine);
      const container = await startContainer(api);
      const out = new PassThrough().resume();
      const controller = new AbortController();
      const begun = new PassThrough();
      const interrupted = container.exec(['sh', '-c', 'echo begun; sleep 60'], {
        stdout: begun,
        stderr: out,
        signal: controller.signal,
      });
      begun.once('data', () => controller.abort(new InterruptedError('Interrupted')));
      await t.throwsAsync(interrupted, { instanceOf: InterruptedError });
      const started = new PassThrough();
      const cut = container.exec(['sh', '-c', 'echo begun; sleep 60'], { stdout: started, stderr: out });
      const killed = once(started, 'data').then(async () => machine.execute('pkill -f "sshd.*root@notty"'));
      await t.throwsAsync(cut, {
        instanceOf: UnreachableError,
        message: 'The connection to the Docker engine was lost: the connection was lost',
      });
      // Else it may find the next connection, too.
      await killed;
      t.is(await api.get('/_ping'), 'OK');
      await container.killAndRemove();
      api.close();
    },
  );
}

test.serial('an engine that stands still, is stopped, is not there, or is not for this user, is said', async (t) => {
  const name = (user: string): string => `The Docker engine at ssh://${user}@${trixie.name} does not answer`;
  const ask = async (user = 'root'): Promise<string> => {
    const error = await t.throwsAsync(engineOf(trixie, user).get('/_ping', { timeoutMs: 8000 }), {
      instanceOf: UnreachableError,
    });
    return `${error.message} [${error.hint}]`;
  };
  t.is(
    await ask('visitor'),
    `${name('visitor')}: the user "visitor" may not use the engine there [as root there: usermod -aG docker visitor; or log in as root]`,
  );
  t.is(
    await ask('nobody-here'),
    `${name('nobody-here')}: it does not let the user "nobody-here" in (it takes publickey, password) [ssh-copy-id nobody-here@${trixie.name}; or name the right user or key in ~/.ssh/config]`,
  );
  await trixie.must('systemctl stop docker');
  t.is(
    await ask(),
    `${name('root')}: the engine there is not running [ssh root@${trixie.name} systemctl start docker]`,
  );
  await trixie.must('mv /usr/bin/docker /usr/bin/docker-away');
  t.is(
    await ask(),
    `${name('root')}: there is no docker command on that machine [install an engine there; swarm create --install-engine does it]`,
  );
  await trixie.must('mv /usr/bin/docker-away /usr/bin/docker; systemctl start docker');
  t.is(await engineOf(trixie).get('/_ping'), 'OK');
  await trixie.pause();
  const startedAt = performance.now();
  await t.throwsAsync(engineOf(trixie).get('/_ping', { timeoutMs: 1000 }), {
    message: `${name('root')}: no answer within 1 s`,
  });
  t.true(performance.now() - startedAt < 15_000);
  await trixie.unpause();
  t.is(await engineOf(trixie).get('/_ping'), 'OK');
});

test.serial(
  'a docker context and DOCKER_HOST with ssh lead our requests and the docker command to one engine',
  async (t) => {
    const host = `ssh://root@${bookworm.name}:22`;
    await set.operator.must('docker', ['context', 'create', 'far', '--docker', `host=${host}`]);
    const shell = new LocalShell();
    for (const choice of [
      { context: 'far', env: set.env },
      { context: undefined, env: { ...set.env, DOCKER_HOST: host } },
    ]) {
      const target = await resolveEngineTarget({ ...choice, shell });
      t.is(target.hostAddress, bookworm.address);
      t.is((await target.api.get<{ readonly Name: string }>('/info')).Name, bookworm.name);
      const { stdout } = await shell.run(['docker', 'info', '--format', '{{.Name}}'], { env: target.dockerEnv });
      t.is(stdout, `${bookworm.name}\n`);
      target.api.close();
    }
  },
);

test.serial(
  'TLS: certificates by DOCKER_HOST and by the node label; without them, or with others, that is said',
  async (t) => {
    const mine = path.join(set.folder, 'mine');
    const others = path.join(set.folder, 'others');
    await makeCertificates(mine);
    await makeCertificates(others);
    await listenWithTls(trixie, mine);
    const host = `tcp://${trixie.address}:2376`;
    const shell = new LocalShell();
    const env = { ...set.env, DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: mine };
    const target = await resolveEngineTarget({ context: undefined, env, shell });
    const manager = await target.api.post<string>('/swarm/init', {
      body: { ListenAddr: '0.0.0.0:2377', AdvertiseAddr: trixie.address },
    });
    const { stdout } = await shell.run(['docker', 'info', '--format', '{{.Swarm.NodeID}}'], { env: target.dockerEnv });
    t.is(stdout.trim(), manager);

    const node = swarmNode(trixie.name, { id: manager, labels: { [LABELS.nodeEngine]: host } });
    // By the certificate of the manager that we came by; then, by ssh, with those of this operator.
    t.is((await new NodeEngines(target.api, {}).look(node)).error, undefined);
    const bySsh = engineOf(trixie);
    const look = async (certificates: string): Promise<string | undefined> =>
      (await new NodeEngines(bySsh, { HOME: '/nowhere', DOCKER_CERT_PATH: certificates }).look(node)).error?.message;
    t.is(await look(mine), undefined);
    t.is(
      await look(''),
      `Cannot reach the engine of node ${trixie.name} at ${host}: it asks for a client certificate, and this user has none in /nowhere/.docker/machine/certs`,
    );
    t.is(
      await look(others),
      `The Docker engine at ${host} (node ${trixie.name}, with the certificate ${others}/cert.pem) does not answer: its certificate is not of the authority (ca.pem) that is trusted here`,
    );
    // The right authority, with somebody else's certificate.
    await set.run('sh', ['-c', `cp ${mine}/ca.pem ${others}/ca.pem`]);
    t.is(
      await look(others),
      `The Docker engine at ${host} (node ${trixie.name}, with the certificate ${others}/cert.pem) does not answer: it does not take the client certificate`,
    );
    target.api.close();
    bySsh.close();
  },
);

test.serial("a node's label may name ssh; an engine that is not that node is not taken for it", async (t) => {
  const manager = engineOf(trixie);
  const { Swarm } = await manager.get<{ readonly Swarm: { readonly NodeID: string } }>('/info');
  const engines = new NodeEngines(manager);
  const nodeAt = ({ name }: StandIn): ReturnType<typeof swarmNode> =>
    swarmNode('first', { id: Swarm.NodeID, labels: { [LABELS.nodeEngine]: `ssh://root@${name}:22` } });
  const api = await engines.open(nodeAt(trixie));
  t.is(api.name, `ssh://root@${trixie.name}:22 (node first)`);
  const { error } = await new NodeEngines(manager).look(nodeAt(bookworm));
  t.is(
    error?.message,
    `Cannot reach the engine of node first: its label says ssh://root@${bookworm.name}:22, and the engine there is not that node`,
  );
  manager.close();
  api.close();
});

test.serial('where nothing names an engine, a swarm whose context is ours is found, and that is said', async (t) => {
  await set.operator.must('docker', [
    'context',
    'create',
    'spark-desk',
    '--description',
    'spark-swarm swarm "desk"',
    '--docker',
    `host=ssh://root@${trixie.name}:22`,
  ]);
  const around = { env: set.env, cwd: '/', projectRoot, signal: new AbortController().signal };
  const target = await resolveEngineTarget({ context: undefined, env: set.env, shell: new LocalShell() });
  const notes: string[] = [];
  const connection = await choosePlatform(
    around,
    // Labs of this machine's user may be there too.
    { target, known: async () => (await listKnownSwarms(around)).filter(({ kind }) => kind === 'swarm') },
    {
      name: 'spark',
      platform: 'swarm',
      report: (event) => void (event.type === 'note' && notes.push(event.message)),
    },
  );
  t.deepEqual(notes, ['using the swarm "desk" (docker context spark-desk)']);
  t.true(connection.isRemote);
  t.false(connection.isLab);
  t.is(connection.target.contextName, 'spark-desk');
  t.deepEqual(await connection.platform.listClusters(), []);
});
