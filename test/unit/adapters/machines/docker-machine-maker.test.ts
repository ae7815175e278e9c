import { spawnSync } from 'node:child_process';

import test, { type ExecutionContext } from 'ava';

import { describeSelf } from '../../../../src/adapters/files/process-identity.ts';
import { ConflictError, InvalidStateError, type ToolkitError } from '../../../../src/errors.ts';
import { LABELS } from '../../../../src/labels.ts';
import { FakeDockerMachine, machineJson } from '../../../helpers/fake-docker-machine.ts';
import { waitFor } from '../../../helpers/wait-for.ts';

const CREATE = `create --driver cloud --engine-label ${LABELS.machine}=demo vm`;
const MARK = 'spark-swarm-begun/vm';
const LOCK = `${MARK}.lock`;
const QUOTA = 'mkdir "$entry"; cp "$store/ours.json" "$entry/config.json"; echo "quota is exceeded" >&2; exit 1';
const removing = (words: string): string =>
  `[ "$2" = --force ] || { echo 'Error removing host "vm": ${words}' >&2; exit 1; }`;

async function refusal(t: ExecutionContext, fake: FakeDockerMachine): Promise<readonly unknown[]> {
  const error = await t.throwsAsync<ToolkitError>(async () => fake.create('vm'));
  return [error?.constructor, error?.message, error?.hint];
}

for (const [owner, label, words] of [
  ['by hand', undefined, 'spark-swarm did not make it'],
  ['for another swarm', `${LABELS.machine}=other`, 'it is of the swarm "other"'],
] as const) {
  test(`after a create that was interrupted, a machine that was made ${owner} is left alone`, async (t) => {
    await using fake = await FakeDockerMachine.start();
    await fake.write(MARK, '');
    await fake.write('machines/vm/config.json', machineJson(label));

    t.deepEqual(await refusal(t, fake), [
      ConflictError,
      `Cannot make the machine vm: docker-machine has a machine of that name by now, and ${words}`,
      'docker-machine inspect vm',
    ]);
    t.deepEqual(await fake.changes(), []);
    t.false(fake.has(MARK));
    t.deepEqual(await fake.create('vm'), [{ name: 'vm', isNew: false }]);
  });
}

test('a machine that somebody makes at the same moment is left alone', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-create', 'mkdir "$entry"; echo \'Docker machine "vm" already exists\' >&2; exit 1');

  t.deepEqual(await refusal(t, fake), [
    ConflictError,
    'Cannot make the machine vm: docker-machine has a machine of that name',
    'docker-machine inspect vm',
  ]);
  t.deepEqual(await fake.changes(), [CREATE]);
  t.false(fake.has(MARK));
});

test('what a create left that was interrupted, or killed, is removed', async (t) => {
  await using fake = await FakeDockerMachine.start();
  for (const entry of ['machines/vm/config.json', 'machines/vm/key']) {
    await fake.write(MARK, '');
    await fake.write(LOCK, JSON.stringify({ ...describeSelf(), pid: spawnSync('true').pid }));
    await fake.write(entry, machineJson(`${LABELS.machine}=demo`));
    t.deepEqual(await fake.create('vm'), [{ name: 'vm', isNew: true }]);
    t.false(fake.has(MARK) || fake.has(LOCK));
    await fake.maker.remove('vm', new AbortController().signal);
  }
  // By force only where there is no saying what is behind it.
  t.deepEqual(await fake.changes(), ['rm -y vm', CREATE, 'rm -y vm', 'rm --force -y vm', CREATE, 'rm -y vm']);
});

test('a machine that another command is making is left to it', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write(MARK, '');
  await fake.write(LOCK, JSON.stringify(describeSelf()));
  await fake.write('machines/vm/config.json', machineJson(`${LABELS.machine}=demo`));
  const holder = `the command with process number ${process.pid} is at work on it`;
  const hint = 'wait until it has ended, then run this again';

  t.deepEqual(await refusal(t, fake), [ConflictError, `Cannot make the machine vm: ${holder}`, hint]);
  await t.throwsAsync(fake.maker.remove('vm', new AbortController().signal), {
    instanceOf: ConflictError,
    message: `Cannot remove the machine vm: ${holder}`,
  });
  t.deepEqual(await fake.changes(), []);
  t.true(fake.has(MARK));
});

test('of two commands at once one makes the machine, and the other does nothing', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-create', 'touch "$store/at-work"; until [ -e "$store/go-on" ]; do sleep 0.05; done');
  const first = fake.create('vm');
  await waitFor('the first command at work', { read: async () => fake.has('at-work'), until: (isThere) => isThere });
  const source = new URL('../../../../src/adapters/machines/docker-machine-source.js', import.meta.url);
  const second = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { openDockerMachineSource } from '${source.href}';
       const { maker } = openDockerMachineSource({ env: process.env, acceptNewHostKeys: false, report: () => {} });
       const options = { swarm: 'demo', driver: 'cloud', size: {}, driverFlags: [], signal: new AbortController().signal };
       await maker.create([{ name: 'vm' }], options).catch(({ exitCode, message }) => console.log(exitCode, message));`,
    ],
    { env: fake.env, encoding: 'utf8' },
  );
  await fake.write('go-on', '');

  t.is(
    second.stdout + second.stderr,
    `5 Cannot make the machine vm: the command with process number ${process.pid} is at work on it\n`,
  );
  t.deepEqual(await first, [{ name: 'vm', isNew: true }]);
  t.deepEqual(await fake.changes(), [CREATE]);
});

test('what a failed create left is removed', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-create', QUOTA);
  t.deepEqual((await refusal(t, fake)).slice(0, 2), [
    InvalidStateError,
    'Cannot make the machine vm: quota is exceeded',
  ]);
  t.deepEqual(await fake.changes(), [CREATE, 'rm -y vm']);
  t.false(fake.has('machines/vm') || fake.has(MARK) || fake.has(LOCK));
});

test('an entry without a machine behind it goes by force', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-create', QUOTA);
  await fake.write('on-rm', removing('unknown instance'));
  t.is((await refusal(t, fake))[1], 'Cannot make the machine vm: quota is exceeded');
  t.deepEqual(await fake.changes(), [CREATE, 'rm -y vm', 'rm --force -y vm']);
  t.false(fake.has('machines/vm') || fake.has(MARK));
});

test('a machine that the cloud does not remove is not forgotten, and both reasons are said', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-create', QUOTA);
  await fake.write('on-rm', removing('API timeout'));
  const left = 'what an unfinished create has left cannot be removed: Error removing host "vm": API timeout';
  t.deepEqual(await refusal(t, fake), [
    InvalidStateError,
    `Cannot make the machine vm: quota is exceeded; and ${left}`,
    'docker-machine rm vm',
  ]);
  t.deepEqual(await fake.changes(), [CREATE, 'rm -y vm']);
  t.true(fake.has('machines/vm') && fake.has(MARK));

  t.deepEqual(await refusal(t, fake), [
    InvalidStateError,
    `Cannot make the machine vm: ${left}`,
    'docker-machine rm vm',
  ]);
  await fake.write('on-rm', '');
  await fake.write('on-create', '');
  t.deepEqual(await fake.create('vm'), [{ name: 'vm', isNew: true }]);
});

test('the failures of several are one, of their kind, with the hints of all', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-create', `echo 'Docker machine "vm" already exists' >&2; exit 1`);
  const error = await t.throwsAsync<ConflictError>(async () => fake.create('vm1', 'vm2'), {
    instanceOf: ConflictError,
  });
  t.is(
    error?.message,
    [
      'Cannot make 2 of 2 machines:',
      '  vm1: docker-machine has a machine of that name',
      '  vm2: docker-machine has a machine of that name',
    ].join('\n'),
  );
  t.is(error?.hint, 'docker-machine inspect vm1; docker-machine inspect vm2');
});
