import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { socketTarget, type EngineTarget } from '../../../src/adapters/engine/engine-target.ts';
import { findSwarm, listKnownSwarms, type KnownSwarm } from '../../../src/connections/find-swarm.ts';
import { UnreachableError, UsageError } from '../../../src/errors.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

/** A lab's manager, or that of a swarm whose context is ours. */
const knownAs = (kind: KnownSwarm['kind'], socketPath: string, name: string = kind): KnownSwarm => ({
  kind,
  name,
  contextName: `spark-${name}`,
  open: async () => socketTarget(socketPath, `spark-${name}`),
});

/** Docker's own default, where no engine is. */
const nowhere: EngineTarget = {
  api: new EngineApi({ kind: 'unix', socketPath: '/nonexistent/docker.sock' }),
  contextName: 'default',
  isExplicit: false,
  dockerEnv: {},
};

const find = async (...known: readonly KnownSwarm[]): Promise<string | undefined> =>
  (await findSwarm({ target: nowhere, known: async () => known })).note;

test('of several labs the one with the default name is used; without it they are a question', async (t) => {
  await using lab = await FakeSwarm.start();
  const strangers = [knownAs('lab', '/aa.sock', 'aa'), knownAs('lab', '/zz.sock', 'zz')];
  const note = await find(...strangers, knownAs('lab', lab.engine.socketPath));
  t.is(note, 'using the lab "lab" (docker context spark-lab)');
  await t.throwsAsync(find(...strangers), {
    instanceOf: UsageError,
    message:
      '--context: this machine knows several swarms; expected one of spark-aa (the lab "aa"), spark-zz (the lab "zz")',
  });
});

test('where there is no lab, the one swarm that was made from here is used, and that is said', async (t) => {
  await using swarm = await FakeSwarm.start();
  const known = async (): Promise<readonly KnownSwarm[]> => [knownAs('swarm', swarm.engine.socketPath, 'desk')];
  const { target, note } = await findSwarm({ target: nowhere, known });
  t.is(target.contextName, 'spark-desk');
  t.is(note, 'using the swarm "desk" (docker context spark-desk)');
});

test('a lab and a swarm, or two swarms, are a question, with what to type', async (t) => {
  const [lab, desk, attic] = [
    knownAs('lab', '/lab.sock'),
    knownAs('swarm', '/desk.sock', 'desk'),
    knownAs('swarm', '/attic.sock', 'attic'),
  ];
  const error = await t.throwsAsync(find(lab, desk), { instanceOf: UsageError });
  t.is(
    error.message,
    '--context: this machine knows several swarms; expected one of spark-lab (the lab "lab"), spark-desk (the swarm "desk")',
  );
  t.is(error.hint, 'add --context spark-lab, or make one of them the current one: docker context use NAME');
  await t.throwsAsync(find(desk, attic), { instanceOf: UsageError });
});

test('a swarm that was made from here and does not answer is said; what is left of a lab is not', async (t) => {
  const desk = knownAs('swarm', '/nonexistent.sock', 'desk');
  const asked = { ...(await desk.open()), isExplicit: true };
  const stranger = findSwarm({ target: asked, known: async () => [knownAs('swarm', '/attic.sock', 'attic')] });
  const { hint } = await t.throwsAsync(stranger, { instanceOf: UnreachableError });
  for (const found of [find(desk), findSwarm({ target: asked, known: async () => [desk] })]) {
    const error = await t.throwsAsync(found, {
      instanceOf: UnreachableError,
      message:
        'The Docker engine at unix:///nonexistent.sock (context spark-desk) does not answer: there is no such socket',
    });
    t.is(
      error.hint,
      `${hint}; if that machine is lost: spark-swarm swarm create --name desk --hosts … with the machines that are left leads the context to another manager`,
    );
  }
  await t.throwsAsync(find(knownAs('lab', '/nonexistent.sock')), {
    message: 'The Docker engine at unix:///nonexistent/docker.sock does not answer: there is no such socket',
  });
});

/** Writes a context as docker 28 does: `docker context create NAME --description … --docker host=…`. */
async function writeContext(home: string, name: string, metadata: object, host: string): Promise<void> {
  const folder = path.join(home, '.docker', 'contexts', 'meta', createHash('sha256').update(name).digest('hex'));
  await mkdir(folder, { recursive: true });
  const text = { Name: name, Metadata: metadata, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
  await writeFile(path.join(folder, 'meta.json'), JSON.stringify(text));
}

test('of all docker contexts, those are known swarms that our commands made', async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), 'swarms-'));
  try {
    const env = { HOME: home, XDG_RUNTIME_DIR: home };
    const ours = async (): Promise<readonly string[]> =>
      (await listKnownSwarms({ env }))
        .filter(({ kind }) => kind === 'swarm')
        .map(({ name, contextName }) => `${name} by ${contextName}`);
    t.deepEqual(await ours(), []);
    await writeContext(home, 'spark-desk', { Description: 'spark-swarm swarm "desk"' }, 'ssh://root@10.0.0.4:22');
    await writeContext(home, 'spark-lab', { Description: 'spark-swarm lab "lab"' }, 'unix:///run/lab.sock');
    await writeContext(home, 'spark-fake', { Description: 'my swarm "fake"' }, 'ssh://root@10.0.0.5:22');
    await writeContext(home, 'plain', {}, 'unix:///run/plain.sock');
    t.deepEqual(await ours(), ['desk by spark-desk']);
  } finally {
    await rm(home, { recursive: true });
  }
});
