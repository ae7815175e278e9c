import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { openDockerMachineSource } from '../../src/adapters/machines/docker-machine-source.ts';
import { ConflictError, UnreachableError, UsageError, type InvalidStateError } from '../../src/errors.ts';
import type { CreatedMachine, CreateOptions, CreateRequest, MachineSource } from '../../src/machines/machine.ts';
import { buildDockerMachine } from '../helpers/docker-machine.ts';
import { RunningCommand, type Outcome } from '../helpers/lab-command.ts';
import { buildMachineImage } from '../helpers/machine-image.ts';
import { TestMachines } from '../helpers/machines.ts';
import { must } from '../helpers/must.ts';
import { MACHINES_LABEL, type StandIn } from '../helpers/stand-in.ts';
import { waitFor } from '../helpers/wait-for.ts';

const GIB = 1024 ** 3;
const signal = new AbortController().signal;
const noSize = { cores: undefined, memoryBytes: undefined, diskBytes: undefined };
const generic = {
  swarm: 'demo',
  driver: 'generic',
  size: noSize,
  driverFlags: [],
  progress: () => {},
  signal,
} as const;

let machines: TestMachines;
let source: MachineSource;
let env: NodeJS.ProcessEnv;

test.before(async (t) => {
  t.timeout(900_000);
  const folder = await buildDockerMachine();
  machines = await TestMachines.start({ machines: ['trixie', 'trixie', 'bookworm'], prefix: 'myvm' });
  env = { ...process.env, ...machines.env, PATH: `${folder}:${machines.env['PATH']}` };
  source = openDockerMachineSource({ env, acceptNewHostKeys: false, report: () => {} });
});

test.after.always(async () => {
  await machines?.[Symbol.asyncDispose]();
});

function request({ name, address }: StandIn, host: Partial<NonNullable<CreateRequest['host']>> = {}): CreateRequest {
  return { name, host: { user: 'root', host: address, port: undefined, ...host } };
}

async function create(
  requests: readonly CreateRequest[],
  options: Partial<CreateOptions> = {},
): Promise<readonly CreatedMachine[]> {
  const { maker } = source;
  if (!maker) throw new Error('docker-machine makes machines');
  return maker.create(requests, { ...generic, ...options });
}

async function remove(name: string): Promise<void> {
  await source.maker?.remove(name, signal);
}

async function dockerMachine(...args: readonly string[]): Promise<Outcome> {
  return new RunningCommand('docker-machine', args, { env }).ended;
}

async function engineVersion(name: string): Promise<string> {
  await using machine = await source.open(name, signal);
  return (await machine.engine.get<{ readonly Version: string }>('/version', { timeoutMs: 5000 })).Version;
}

test.serial('what cannot work is refused before anything is made', async (t) => {
  const [first] = machines.machines;
  const one = [request(first as StandIn)];
  const refusal = async (options: Partial<CreateOptions>): Promise<readonly unknown[]> => {
    const error = await t.throwsAsync<UsageError>(create(one, options), { instanceOf: UsageError });
    return [error?.message, error?.hint];
  };

  t.deepEqual(await refusal({ driver: 'kvm2' }), [
    '--driver: docker-machine has no driver "kvm2"',
    'it looks for a program docker-machine-driver-kvm2 on PATH',
  ]);
  t.deepEqual(await refusal({ driverFlags: ['--generic-colour', 'red'] }), [
    '--: the driver generic has no flag --generic-colour',
    'docker-machine create --driver generic --help',
  ]);
  t.deepEqual(await refusal({ size: { ...noSize, cores: 2, memoryBytes: GIB } }), [
    '--machine-cores, --machine-memory: the driver generic has no flag for cores, memory',
    'its machines are there already, as large as they are',
  ]);
  t.deepEqual(await source.list(signal), []);
  t.false(existsSync(path.join(env['MACHINE_STORAGE_PATH'] ?? '', 'certs')));
});

test.serial('all hosts that cannot be entered are named together, within 20 s', async (t) => {
  const [first, second, third] = machines.machines as [StandIn, StandIn, StandIn];
  await third.must('docker swarm init --advertise-addr eth0');
  const startedAt = performance.now();
  const error = await t.throwsAsync<ConflictError>(
    create([
      request(first, { port: 2222 }),
      request(second, { user: 'visitor' }),
      request(third),
      { name: 'myvm4', host: { user: 'root', host: machines.unusedAddress, port: undefined } },
    ]),
    { instanceOf: ConflictError },
  );
  await third.must('docker swarm leave --force');

  t.true(performance.now() - startedAt < 20_000);
  t.is(
    error?.message,
    [
      'Cannot make machines on 4 hosts:',
      `  myvm1 (root@${first.address}): connection refused at port 2222`,
      `  myvm2 (visitor@${second.address}): the user "visitor" is not root, and may not become root without a password`,
      `  myvm3 (root@${third.address}): its engine is in a swarm, and would be restarted`,
      `  myvm4 (root@${machines.unusedAddress}): no way leads to its address from here`,
    ].join('\n'),
  );
  t.deepEqual(await source.list(signal), []);
});

test.serial('a wrong key and a host key that is not known are told at once', async (t) => {
  const [first] = machines.machines as [StandIn];
  const key = path.join(machines.folder, 'another-key');
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const startedAt = performance.now();
  const wrongKey = await t.throwsAsync<UnreachableError>(
    create([request(first)], { driverFlags: ['--generic-ssh-key', key] }),
    { instanceOf: UnreachableError },
  );
  t.is(
    wrongKey?.message,
    `Cannot make the machine myvm1 (root@${first.address}): it does not let the user "root" in (it takes publickey, password)`,
  );
  t.is(wrongKey?.hint, `-- --generic-ssh-key FILE; ${key} was tried`);

  await writeFile(machines.operator.knownHostsFile, '');
  const unknown = await t.throwsAsync<UnreachableError>(create([request(first)]), { instanceOf: UnreachableError });
  await machines.operator.trust(machines.machines);
  t.is(unknown?.message, `Cannot make the machine myvm1 (root@${first.address}): its host key is not known here`);
  t.true(performance.now() - startedAt < 20_000);
});

test.serial('machines are made side by side on a fresh store, and the engine of each answers over TLS', async (t) => {
  const said: string[] = [];
  const made = await create(
    machines.machines.map((machine) => request(machine)),
    {
      progress: (machine, detail) => said.push(`${machine}: ${detail}`),
    },
  );

  t.deepEqual(
    made,
    ['myvm1', 'myvm2', 'myvm3'].map((name) => ({ name, isNew: true })),
  );
  t.true(said.includes('myvm2: Provisioning with debian'));
  t.deepEqual(
    await source.list(signal),
    machines.machines.map(({ name, address }) => ({
      name,
      source: 'docker-machine',
      reference: name,
      engineHost: `tcp://${address}:2376`,
      driver: 'generic',
      isOurs: true,
      madeFor: 'demo',
    })),
  );
  t.regex(await engineVersion('myvm1'), /^26\.1\./);
  t.regex(await engineVersion('myvm3'), /^20\.10\./);
  t.deepEqual(await create(machines.machines.map((machine) => request(machine))), [
    { name: 'myvm1', isNew: false },
    { name: 'myvm2', isNew: false },
    { name: 'myvm3', isNew: false },
  ]);
});

test.serial('fifty scripts are one login, so that an sshd with penalties goes on letting us in', async (t) => {
  const [first] = machines.machines as [StandIn];
  const countLogins = async (): Promise<number> =>
    Number(await first.must('journalctl --unit ssh --output cat | grep -c "Accepted publickey for root" || true'));
  const before = await countLogins();
  await using machine = await source.open('myvm1', signal);
  for (let count = 0; count < 50; count++) {
    const { status } = await machine.shell.runScript('true', { signal });
    t.is(status, 0);
  }
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  const result = await machine.shell.runScript('id -un; echo "$1"; cat; echo sad >&2; exit 7', {
    args: [`it's "a" $HOME`],
    onLine,
    signal,
  });

  t.deepEqual(result, { status: 7, stdout: `root\nit's "a" $HOME\n`, stderr: 'sad\n' });
  t.deepEqual(lines, ['root', `it's "a" $HOME`]);
  t.is((await countLogins()) - before, 1);
  t.is(await first.must('journalctl --unit ssh --output cat | grep -ci penalty || true'), '0');
  t.is(await machine.shell.attach(['exit 7'], { signal }), 7);
  const slow = await t.throwsAsync<UnreachableError>(machine.shell.runScript('sleep 60', { timeoutMs: 500, signal }));
  t.is(slow?.message, 'The script on myvm1 (docker-machine) did not end within 0.5 s');
  t.is((await machine.shell.runScript('echo again', { signal })).stdout, 'again\n');
});

test.serial('a machine that is made by hand is used, and not removed', async (t) => {
  const { status } = await dockerMachine('create', '--driver', 'none', '--url', 'tcp://127.0.0.1:2376', 'byhand');
  t.is(status, 0);
  const error = await t.throwsAsync<InvalidStateError>(remove('byhand'));
  t.is(error?.message, 'Cannot remove the machine byhand: spark-swarm did not make it');
  t.deepEqual(
    (await source.list(signal)).filter(({ isOurs }) => !isOurs).map(({ name }) => name),
    ['byhand'],
  );
  await dockerMachine('rm', '--force', '-y', 'byhand');
});

test.serial('one that was interrupted while it was made is made anew', async (t) => {
  await remove('myvm2');
  const [, second] = machines.machines as [StandIn, StandIn];
  for (const moment of ['Creating machine', 'Copying certs to the remote machine', 'Checking connection to Docker']) {
    const interrupt = new AbortController();
    await t.throwsAsync(
      create([request(second)], {
        signal: interrupt.signal,
        progress: (_, detail) => {
          if (detail === moment) interrupt.abort(new Error('Ctrl-C'));
        },
      }),
      { message: 'Ctrl-C' },
      moment,
    );
    t.deepEqual(await create([request(second)]), [{ name: 'myvm2', isNew: true }], moment);
    t.regex(await engineVersion('myvm2'), /^26\.1\./, moment);
    await remove('myvm2');
  }
  t.deepEqual(await readdir(path.join(env['MACHINE_STORAGE_PATH'] ?? '', 'spark-swarm-begun')), []);
});

test.serial(
  'a machine of a driver that is a plugin has its sizes, and lives through stop, start, restart and kill',
  async (t) => {
    const image = await buildMachineImage({ release: 'trixie', hasEngine: true });
    const place = ['--container-network', machines.name, '--container-label', `${MACHINES_LABEL}=${machines.name}`];
    const made = await create([{ name: 'vm', host: undefined }], {
      driver: 'container',
      size: { cores: 2, memoryBytes: 1.5 * GIB, diskBytes: 30 * GIB },
      driverFlags: ['--container-image', image, ...place],
    });
    t.deepEqual(made, [{ name: 'vm', isNew: true }]);
    const container = `${machines.name}-vm`;
    const sizes = await must('docker', [
      'inspect',
      '--format',
      '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}',
      container,
    ]);
    t.is(sizes, `2000000000 ${1.5 * GIB}`);
    t.is((await dockerMachine('inspect', '--format', '{{.Driver.Disk}}', 'vm')).stdout.trim(), String(30 * 1024));

    for (const verbs of [['stop', 'start'], ['kill', 'start'], ['restart']]) {
      for (const verb of verbs) {
        t.is((await dockerMachine(verb, 'vm')).status, 0, verb);
        if (verb === 'start' || verb === 'restart') continue;
        await using machine = await source.open('vm', signal);
        const error = await t.throwsAsync<UnreachableError>(machine.shell.runScript('true', { signal }), {
          instanceOf: UnreachableError,
        });
        t.deepEqual(
          [error?.message, error?.hint],
          ['Cannot work on vm (docker-machine): it does not run', 'docker-machine start vm'],
        );
      }
      await waitFor('the engine of the machine', {
        read: async () => engineVersion('vm'),
        until: (version) => version.startsWith('26.1.'),
      });
    }

    await remove('vm');
    t.is(await must('docker', ['ps', '--all', '--quiet', '--filter', `name=^${container}$`]), '');
    t.is(await must('docker', ['volume', 'ls', '--quiet', '--filter', `name=^${container}$`]), '');
  },
);
