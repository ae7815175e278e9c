import path from 'node:path';

import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { socketTarget, type EngineTarget } from '../../../src/adapters/engine/engine-target.ts';
import type { RawContainer } from '../../../src/adapters/engine/parse-container.ts';
import { choosePlatform, connect, type ConnectOptions } from '../../../src/connections/connect.ts';
import type { Connection, Surroundings } from '../../../src/connections/connection.ts';
import type { KnownSwarm } from '../../../src/connections/find-swarm.ts';
import { InvalidStateError, UnreachableError, UsageError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { FakeContainers, rawContainer } from '../../helpers/fake-containers.ts';
import { FakeEngine, SILENCE } from '../../helpers/fake-engine.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

const CLUSTER = [rawContainer('spark', 'master'), rawContainer('spark', 'worker-1')];
const NO_SWARM = 'Cannot use the engine at the fake engine for a cluster: it is not part of a swarm';
const SWARM_HINT = 'sbin/lab up makes a swarm on this machine; docker swarm init makes this engine one of its own';

/** An engine, as it was found: named by somebody, or Docker's own default. */
const targetOf = ({ api }: Pick<FakeEngine, 'api'>, isExplicit = true): EngineTarget => ({
  api,
  contextName: 'default',
  isExplicit,
  dockerEnv: {},
});

interface Chosen {
  readonly connection: Connection;
  readonly notes: readonly string[];
}

async function choose(
  target: EngineTarget,
  { known = [], ...options }: Partial<ConnectOptions> & { readonly known?: readonly KnownSwarm[] } = {},
): Promise<Chosen> {
  const notes: string[] = [];
  const around = { env: {}, cwd: '/', projectRoot, signal: new AbortController().signal };
  const connection = await choosePlatform(
    around,
    { target, known: async () => known },
    {
      name: 'spark',
      report: (event) => void (event.type === 'note' && notes.push(event.message)),
      ...options,
    },
  );
  return { connection, notes };
}

const kindOf = async (...given: Parameters<typeof choose>): Promise<string> =>
  (await choose(...given)).connection.platform.kind;

/** A swarm's manager that also has these containers. */
async function startBoth(containers: readonly RawContainer[] = CLUSTER): Promise<FakeSwarm> {
  const swarm = await FakeSwarm.start();
  swarm.containers = containers.map(({ Id, Config }) => ({ Id, Labels: Config.Labels }));
  return swarm;
}

/** A lab's manager, or that of a swarm whose context is ours. */
const knownAs = (kind: KnownSwarm['kind'], { socketPath }: FakeEngine, name: string = kind): KnownSwarm => ({
  kind,
  name,
  contextName: `spark-${name}`,
  open: async () => socketTarget(socketPath, `spark-${name}`),
});

test('a cluster that is only in containers is found there, swarm or not', async (t) => {
  await using plain = await FakeContainers.start(CLUSTER);
  t.is(await kindOf(targetOf(plain.engine)), 'containers');
  t.is(await kindOf(targetOf(plain.engine), { makes: true }), 'containers');
  await using manager = (await startBoth()).empty();
  t.is(await kindOf(targetOf(manager.engine)), 'containers');
});

test('a cluster of which no container is left is found by what is remembered of it', async (t) => {
  await using plain = await FakeContainers.start();
  plain.volume('spark-memory-1', { [LABELS.cluster]: 'spark', [LABELS.revision]: '1', [LABELS.workers]: '2' });
  t.is(await kindOf(targetOf(plain.engine), { makes: true }), 'containers');
});

test('a cluster that is only on the swarm is found there', async (t) => {
  await using swarm = await startBoth([rawContainer('other', 'master')]);
  const { connection } = await choose(targetOf(swarm.engine));
  t.is(connection.platform.kind, 'swarm');
  t.not(connection.reader, undefined);
  t.is((await connection.platform.readCluster('spark'))?.platform, 'swarm');
});

test("a swarm's own containers on its manager are no cluster in containers", async (t) => {
  const tasks = CLUSTER.map((raw) => {
    const { 'com.docker.compose.project': _, ...labels } = raw.Config.Labels ?? {};
    return { ...raw, Config: { ...raw.Config, Labels: labels } };
  });
  await using swarm = await startBoth(tasks);
  t.is(await kindOf(targetOf(swarm.engine)), 'swarm');
});

test('a name that is on both is refused until one is named', async (t) => {
  await using both = await startBoth();
  const error = await t.throwsAsync(choose(targetOf(both.engine)), { instanceOf: UsageError });
  t.is(
    error.message,
    '--platform: the cluster "spark" is in containers of this engine, and on the swarm of the fake engine; expected swarm or containers',
  );
  t.is(error.hint, 'add --platform containers, or --platform swarm');
  t.is(error.exitCode, 2);
  t.is(await kindOf(targetOf(both.engine), { platform: 'containers' }), 'containers');
  t.is(await kindOf(targetOf(both.engine), { platform: 'swarm' }), 'swarm');
});

test('a new cluster is made on the swarm, where there is one', async (t) => {
  await using swarm = (await startBoth([])).empty();
  t.is(await kindOf(targetOf(swarm.engine), { makes: true }), 'swarm');
});

test('where there is no swarm a new cluster is refused, with both ways to one', async (t) => {
  await using plain = await FakeContainers.start();
  const error = await t.throwsAsync(choose(targetOf(plain.engine), { makes: true }), { instanceOf: InvalidStateError });
  t.is(error.message, NO_SWARM);
  t.is(error.hint, `spark-swarm start makes a cluster in containers of this engine; ${SWARM_HINT}`);
});

test('where there is neither a cluster nor a swarm, the operation says that there is no such cluster', async (t) => {
  await using plain = await FakeContainers.start();
  const { connection } = await choose(targetOf(plain.engine));
  t.is(connection.platform.kind, 'containers');
  t.is(connection.reader, undefined);
  t.is(await connection.platform.readCluster('spark'), undefined);
});

test('the swarm that was asked for is not there: that is said, whatever is in containers', async (t) => {
  await using plain = await FakeContainers.start(CLUSTER);
  const error = await t.throwsAsync(choose(targetOf(plain.engine), { platform: 'swarm' }), {
    instanceOf: InvalidStateError,
  });
  t.deepEqual([error.message, error.hint], [NO_SWARM, SWARM_HINT]);
});

const nowhere: EngineTarget = targetOf({
  api: new EngineApi({ kind: 'unix', socketPath: '/nonexistent.sock' }, 'unix:///nonexistent.sock'),
});

for (const options of [
  {},
  { makes: true },
  { platform: 'swarm' },
  { platform: 'containers' },
  { platform: 'containers', makes: true },
] as const) {
  test(`an engine that is not there is said at once, with ${JSON.stringify(options)}`, async (t) => {
    const error = await t.throwsAsync(choose(nowhere, options), { instanceOf: UnreachableError });
    t.is(error.message, 'The Docker engine at unix:///nonexistent.sock does not answer: there is no such socket');
    t.is(error.exitCode, 4);
  });
}

for (const options of [{}, { platform: 'swarm' }, { platform: 'containers' }] as const) {
  test(`an engine that takes the connection and says nothing is given up within 5 s, with ${JSON.stringify(options)}`, async (t) => {
    const silent = () => SILENCE;
    await using engine = await FakeEngine.start({
      'GET /swarm': silent,
      'GET /info': silent,
      'GET /_ping': silent,
      'GET /containers/json': silent,
    });
    await t.throwsAsync(choose(targetOf(engine), options), {
      instanceOf: UnreachableError,
      message: 'The Docker engine at the fake engine does not answer: no answer within 4.5 s',
    });
  });
}

for (const options of [{}, { makes: true }] as const) {
  test(`an engine that says in time that it is no swarm, and not what it has, is asked again, with ${JSON.stringify(options)}`, async (t) => {
    await using plain = await FakeContainers.start(CLUSTER);
    let isBusy = true;
    plain.engine.on({
      'GET /volumes': () => {
        if (!isBusy) return { Volumes: [] };
        isBusy = false;
        return SILENCE;
      },
    });
    t.is(await kindOf(targetOf(plain.engine), options), 'containers');
  });
}

test('where nothing names an engine the lab of this machine is used, and that is said', async (t) => {
  await using plain = await FakeContainers.start();
  await using lab = await FakeSwarm.start();
  const { connection, notes } = await choose(targetOf(plain.engine, false), { known: [knownAs('lab', lab.engine)] });
  t.is(connection.platform.kind, 'swarm');
  t.deepEqual(connection.target.api.endpoint, { kind: 'unix', socketPath: lab.engine.socketPath });
  t.deepEqual(notes, ['using the lab "lab" (docker context spark-lab)']);
});

test('a lab is used where no engine answers at all', async (t) => {
  await using lab = await FakeSwarm.start();
  const { notes } = await choose(
    { ...nowhere, isExplicit: false },
    { known: [knownAs('lab', lab.engine)], makes: true },
  );
  t.deepEqual(notes, ['using the lab "lab" (docker context spark-lab)']);
});

test('nothing is said of a lab when the cluster is in containers', async (t) => {
  await using plain = await FakeContainers.start(CLUSTER);
  await using lab = (await FakeSwarm.start()).empty();
  const target = targetOf(plain.engine, false);
  for (const platform of [undefined, 'containers'] as const) {
    const { connection, notes } = await choose(target, { known: [knownAs('lab', lab.engine)], platform });
    t.is(connection.platform.kind, 'containers');
    t.deepEqual(notes, []);
  }
});

test('a cluster in containers and one of its name on the lab are two: refused, with the name of both places', async (t) => {
  await using plain = await FakeContainers.start(CLUSTER);
  await using lab = await FakeSwarm.start();
  const error = await t.throwsAsync(choose(targetOf(plain.engine, false), { known: [knownAs('lab', lab.engine)] }), {
    instanceOf: UsageError,
  });
  t.is(
    error.message,
    `--platform: the cluster "spark" is in containers of this engine, and on the swarm of unix://${lab.engine.socketPath} (context spark-lab); expected swarm or containers`,
  );
});

test('a cluster in containers is no question, whatever swarms there are', async (t) => {
  await using plain = await FakeContainers.start(CLUSTER);
  await using both = await FakeSwarm.start();
  const known = [knownAs('lab', both.engine), knownAs('swarm', both.engine, 'desk')];
  t.is(await kindOf(targetOf(plain.engine, false), { known }), 'containers');
});

test('an engine that is named, or that manages a swarm itself, is not a reason to look for others', async (t) => {
  await using plain = await FakeContainers.start();
  await using manager = await FakeSwarm.start();
  const around: Surroundings = { env: {}, cwd: '/', projectRoot, signal: new AbortController().signal };
  const known = async (): Promise<never> => Promise.reject(new Error('looked for swarms'));
  const options = { name: 'spark', report: () => {} };
  t.is((await choosePlatform(around, { target: targetOf(plain.engine), known }, options)).platform.kind, 'containers');
  const target = targetOf(manager.engine, false);
  t.is((await choosePlatform(around, { target, known }, options)).platform.kind, 'swarm');
});

test('a lab is not looked for when an engine is named, nor used while its own does not answer', async (t) => {
  await using plain = await FakeContainers.start();
  await using lab = await FakeSwarm.start();
  await t.throwsAsync(choose(targetOf(plain.engine), { known: [knownAs('lab', lab.engine)], platform: 'swarm' }), {
    message: NO_SWARM,
  });
  lab.isManager = false;
  lab.info = { ...lab.info, Swarm: { LocalNodeState: 'inactive' } };
  await t.throwsAsync(
    choose(targetOf(plain.engine, false), { known: [knownAs('lab', lab.engine)], platform: 'swarm' }),
    {
      message: NO_SWARM,
    },
  );
});

const around = (env: Readonly<Record<string, string>>): Surroundings => ({
  env,
  cwd: '/',
  projectRoot,
  signal: new AbortController().signal,
});

test('the engine is the one that DOCKER_HOST names', async (t) => {
  await using plain = await FakeContainers.start(CLUSTER);
  const options = { name: 'spark', report: () => t.fail('said something') };
  const connection = await connect(around(plain.engine.env), options);
  t.is(connection.platform.kind, 'containers');
  t.deepEqual(connection.target.api.endpoint, { kind: 'unix', socketPath: plain.engine.socketPath });
  t.is(connection.target.dockerEnv['DOCKER_HOST'], `unix://${path.join(plain.engine.folder, 'docker.sock')}`);
  t.false(connection.isLab);
});
