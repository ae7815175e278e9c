import test from 'ava';

import { ConflictError, InvalidStateError } from '../../../../src/errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../../../src/labels.ts';
import { createObject, planObjects } from '../../../../src/platforms/swarm/stack-objects.ts';
import { SwarmReader } from '../../../../src/platforms/swarm/swarm-reader.ts';
import { MIB, spec } from '../../../helpers/builders.ts';
import { FakeSwarm, type RawNamed } from '../../../helpers/fake-swarm.ts';

const notebook = { image: 'n', imageId: 'sha256:n', limitBytes: 1920 * MIB };
const machine = { proxies: {}, hasCaBundle: true };
const named = (name: string, labels: Record<string, string> = {}): RawNamed => ({
  ID: `id-${name}`,
  Version: { Index: 1 },
  UpdatedAt: '',
  Spec: { Name: name, Labels: labels },
});
const ours = { [LABELS.cluster]: 'spark' };
const plan = async (swarm: FakeSwarm, changes: Parameters<typeof spec>[0] = {}): Promise<readonly string[]> =>
  (await planObjects(spec(changes), new SwarmReader(swarm.engine.api))).map(({ action, name }) => `${action} ${name}`);
const create = (
  swarm: FakeSwarm,
  action: 'createSecret' | 'createConfig',
  name: string,
  text?: string,
): Promise<void> => {
  const caBundle = text === undefined ? undefined : { text };
  return createObject('spark', { action, name }, { reader: new SwarmReader(swarm.engine.api), caBundle });
};

test('what a cluster needs and has not is made', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  t.deepEqual(await plan(swarm), ['createSecret spark_auth']);
  t.deepEqual(await plan(swarm, { notebook, machine }), [
    'createSecret spark_auth',
    'createSecret spark_notebook_token',
    'createConfig spark_ca_bundle',
  ]);
  swarm.secrets = [named('spark_auth', ours), named('spark_notebook_token')];
  swarm.configs = [named('spark_ca_bundle', ours)];
  t.deepEqual(await plan(swarm, { notebook, machine }), ['createSecret spark_notebook_token']);
  t.deepEqual(swarm.engine.changes, []);
});

test('a secret is made of chance, and labelled', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  await create(swarm, 'createSecret', 'spark_auth');
  await create(swarm, 'createSecret', 'spark_notebook_token');
  const texts = swarm.secrets.map(({ Spec }) => Buffer.from(Spec.Data ?? '', 'base64').toString());
  for (const text of texts) t.regex(text, /^[0-9a-f]{64}$/);
  t.not(texts[0], texts[1]);
  t.deepEqual(swarm.secrets[0]?.Spec.Labels, { ...ours, [STACK_NAMESPACE_LABEL]: 'spark' });
});

test("the machine's certificates are a config", async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  await create(swarm, 'createConfig', 'spark_ca_bundle', 'PEM');
  t.is(Buffer.from(swarm.configs[0]?.Spec.Data ?? '', 'base64').toString(), 'PEM');
  t.deepEqual(swarm.secrets, []);
});

test('a cluster that was made with certificates cannot be made anew without any', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const error = await t.throwsAsync(create(swarm, 'createConfig', 'spark_ca_bundle'), {
    instanceOf: InvalidStateError,
  });
  t.is(
    error.message,
    'The cluster "spark" was made with certificates of a machine, and this one has none to put in their place',
  );
  t.is(error.hint, 'let SSL_CERT_FILE name a bundle of certificates');
  t.deepEqual(swarm.engine.changes, []);
});

test('one that another command of ours has just made is as good; one that is not ours is a conflict', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  swarm.secrets = [named('spark_auth', ours)];
  await t.notThrowsAsync(create(swarm, 'createSecret', 'spark_auth'));
  swarm.secrets = [named('spark_auth')];
  await t.throwsAsync(create(swarm, 'createSecret', 'spark_auth'), {
    instanceOf: ConflictError,
    message: 'Cannot create the secret spark_auth: one of this name is there and is not ours',
  });
  swarm.configs = [named('spark_ca_bundle', { [LABELS.cluster]: 'other' })];
  const error = await t.throwsAsync(create(swarm, 'createConfig', 'spark_ca_bundle', 'PEM'), {
    instanceOf: ConflictError,
  });
  t.is(error.message, 'Cannot create the config spark_ca_bundle: one of this name is there and is not ours');
  t.is(error.hint, 'choose another --name');
});
