import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { LABELS } from '../../src/labels.ts';
import { labelNode, listedMachines, machines, makeSwarmContext, saveFile } from '../helpers/machines-command.ts';
import { TestMachines } from '../helpers/machines.ts';
import type { Operator } from '../helpers/operator.ts';

/**
 * What one operator knows of machines, and how another one comes to know it: real sshd, real engines, two home folders.
 * The swarms are put together by hand, with the labels that `swarm create` sets.
 */
let set: TestMachines;
let first: Operator;
/** Who has a key that the machines take, and knows nothing of them. */
let second: Operator;
/** The hand-over file of the swarm of vm1 and vm2. */
let handOver: string;

test.before(async () => {
  set = await TestMachines.start({ machines: ['trixie', 'bookworm'] });
  first = set.operator;
  second = await set.addOperator('second');
  await writeFile(second.knownHostsFile, '');
});

test.after.always(async () => {
  if (set !== undefined && process.env['KEEP_MACHINES'] !== '1') await set[Symbol.asyncDispose]();
});

test.serial('a command runs on a machine with its input, its output and its exit status', async (t) => {
  const { status, stdout, stderr } = await machines(
    first,
    ['ssh', 'root@vm1', '--', 'sh', '-c', 'cat; echo "in $(hostname)" >&2; exit 7'],
    { input: 'typed\n' },
  );
  t.deepEqual([status, stdout, stderr], [7, 'typed\n', 'in vm1\n']);
  t.is((await machines(first, ['ssh', 'ops@vm2', 'id -un | tr a-z A-Z'])).stdout, 'OPS\n');
  t.is((await machines(first, ['ssh', 'root@vm2', '--', 'echo', "it's", 'a  $b'])).stdout, "it's a  $b\n");
});

test.serial('a machine that nobody knows, and a host that is not there, are said', async (t) => {
  const unknown = await machines(first, ['ssh', 'nope', '--', 'true']);
  t.is(unknown.status, 1);
  t.is(
    unknown.stderr,
    'error: No machine named "nope" is known here\nhint: spark-swarm machines list shows those that are\n',
  );
  const absent = await machines(first, ['ssh', `root@${set.get('vm1').address}:2`, '--', 'true']);
  t.is(absent.status, 4);
  t.regex(absent.stderr, /^error: Cannot work on root@[0-9.]+:2 by ssh: connection refused at port 2\n/);
});

test.serial('an inventory is imported, and imported again without a change', async (t) => {
  const file = await saveFile(
    first,
    'inventory.ini',
    '[spark]\nweb_1 ansible_host=vm1\nweb2 ansible_host=vm2 ansible_become_pass=s3cret\n[spark:vars]\nansible_user=root\n[other]\nx.lan\n',
  );
  const plan = await machines(first, ['import', file, '--group', 'spark', '--dry-run']);
  t.is(
    plan.stdout,
    'create the docker context spark-machine-web-1 for the machine web-1 (ssh://root@vm1:22)\n' +
      'create the docker context spark-machine-web2 for the machine web2 (ssh://root@vm2:22)\n',
  );
  t.false(`${plan.stdout}${plan.stderr}`.includes('s3cret'));
  t.deepEqual(await listedMachines(first), []);
  const imported = await machines(first, ['import', file, '--group', 'spark']);
  t.is(imported.status, 0, imported.stderr);
  t.true(
    imported.stderr.includes('passwords are not read (ansible_become_pass): machines are entered with your ssh key\n'),
  );
  t.deepEqual(
    (await listedMachines(first)).map(({ name, reference, swarm, madeByUs }) => [name, reference, swarm, madeByUs]),
    [
      ['web-1', 'root@vm1:22', null, false],
      ['web2', 'root@vm2:22', null, false],
    ],
  );
  t.is((await machines(first, ['ssh', 'web2', 'hostname'])).stdout, 'vm2\n');
  t.is((await machines(first, ['import', file, '--group', 'spark', '--dry-run'])).stdout, 'nothing to do\n');
});

test.serial('a host that was imported is only forgotten', async (t) => {
  const { status, stdout } = await machines(first, ['remove', 'web-1', 'web2']);
  t.is(status, 0);
  t.is(
    stdout,
    'web-1 is forgotten; the host itself was not changed\nweb2 is forgotten; the host itself was not changed\n',
  );
  t.deepEqual(await listedMachines(first), []);
  t.is((await machines(first, ['ssh', 'root@vm1', 'hostname'])).stdout, 'vm1\n');
});

test.serial('what is handed over is public', async (t) => {
  const manager = ['-H', 'ssh://root@vm1'];
  await first.must('docker', [...manager, 'swarm', 'init', '--advertise-addr', set.get('vm1').address]);
  const token = (await first.must('docker', [...manager, 'swarm', 'join-token', '-q', 'worker'])).trim();
  await first.must('docker', ['-H', 'ssh://root@vm2', 'swarm', 'join', '--token', token, set.get('vm1').address]);
  for (const name of ['vm1', 'vm2']) {
    const labels = {
      [LABELS.nodeSwarm]: 'demo',
      [LABELS.nodeEngine]: `ssh://root@${name}:22`,
      [LABELS.nodeMachine]: `ssh/root@${name}:22`,
    };
    await labelNode(first, manager, { node: name, labels });
  }
  await makeSwarmContext(first, 'demo', 'host=ssh://root@vm1:22');
  const { status, stdout, stderr } = await machines(first, ['export', '--context', 'spark-demo']);
  t.is(status, 0, stderr);
  const key = await readFile(first.keyFile, 'utf8');
  for (const secret of [token, ...key.split('\n').filter((line) => line.length > 20)]) {
    t.false(stdout.includes(secret));
  }
  t.notRegex(stdout, /PRIVATE|SWMTKN|password/i);
  t.regex(
    stdout,
    /^schemaVersion: 1\nkind: spark-swarm-machines\nswarm:\n {2}name: demo\n {2}engine: ssh:\/\/root@vm1:22\n/,
  );
  t.true(stdout.includes('ssh-ed25519'));
  handOver = stdout;
});

test.serial(
  'from another home folder the file makes the same machines known, once the host keys are accepted',
  async (t) => {
    const file = await saveFile(second, 'swarm.yaml', handOver);
    t.deepEqual(await listedMachines(second), []);
    const unasked = await machines(second, ['import', file]);
    t.is(unasked.status, 5);
    t.regex(
      unasked.stderr,
      /^(?:host key of vm[12] \([0-9.]+\): \S+ SHA256:\S+\n){2,}error: There is no terminal to ask on: Trust these [0-9]+ host keys\? Compare with what whoever gave you the file reads on the machines\n/,
    );
    t.is(await readFile(second.knownHostsFile, 'utf8'), '');
    const imported = await machines(second, ['import', file, '--yes']);
    t.is(imported.status, 0, imported.stderr);
    t.is(imported.stdout, 'NAME   HOST\nvm1    root@vm1:22\nvm2    root@vm2:22\ndocker context: spark-demo\n');
    t.deepEqual(await listedMachines(second), await listedMachines(first));
    t.is((await machines(second, ['ssh', 'vm2', 'hostname'])).stdout, 'vm2\n');
    const known = await readFile(second.knownHostsFile, 'utf8');
    t.is((await machines(second, ['import', file, '--dry-run'])).stdout, 'nothing to do\n');
    t.is(await readFile(second.knownHostsFile, 'utf8'), known);
  },
);

test.serial('a host key that contradicts a known one is refused, and nothing is changed', async (t) => {
  const known = await readFile(second.knownHostsFile, 'utf8');
  const lines = handOver.split('\n');
  const at = lines.findIndex((line) => line.includes('AAAAC3NzaC1lZDI1NTE5'));
  const other = lines.with(at, (lines[at] ?? '').replace(/.{6}$/, 'AAAAAA')).join('\n');
  const { status, stderr } = await machines(second, ['import', await saveFile(second, 'other.yaml', other), '--yes']);
  t.is(status, 5);
  t.regex(
    stderr,
    /^error: Cannot import: host keys are known here that contradict the file\n {2}vm1: the file says ED25519 SHA256:\S+, and known here is ED25519 SHA256:\S+\nhint: /,
  );
  t.is(await readFile(second.knownHostsFile, 'utf8'), known);
});

test.serial('a context that is not of the import is left alone', async (t) => {
  await second.must('docker', ['context', 'create', 'spark-mine', '--docker', 'host=unix:///mine']);
  const { status, stderr } = await machines(second, ['import', path.join(second.home, 'swarm.yaml'), '--name', 'mine']);
  t.is(status, 5);
  t.is(
    stderr,
    'error: Cannot import: the docker context "spark-mine" is there and not of this import\n' +
      'hint: --name imports a swarm under another name; or remove it (docker context rm spark-mine)\n',
  );
});

test.serial('whoever is not let in hears where', async (t) => {
  const stranger = await set.addOperator('stranger');
  for (const machine of set.machines) await machine.must("sed -i '/ stranger$/d' /root/.ssh/authorized_keys");
  const { status, stderr } = await machines(stranger, [
    'import',
    await saveFile(stranger, 'swarm.yaml', handOver),
    '--quiet',
  ]);
  t.is(status, 4);
  t.regex(
    stderr,
    /^error: Imported, but 2 of 2 machines cannot be entered:\n {2}vm1: Cannot work on root@vm1 by ssh: it does not let the user "root" in \([^)]*\)\n {2}vm2: Cannot work on root@vm2 by ssh: it does not let the user "root" in \([^)]*\)\nhint: ssh-copy-id root@vm1/,
  );
});

test.serial('a host whose key has changed is refused before anything is sent', async (t) => {
  const careful = await set.addOperator('careful');
  const known = await readFile(careful.knownHostsFile, 'utf8');
  await set.get('vm2').changeHostKeys();
  const { status, stderr } = await machines(careful, ['ssh', '--accept-new-host-keys', 'root@vm2', 'true']);
  t.is(status, 4);
  t.regex(stderr, /its host key has changed, so it may be another machine; nothing was sent to it\n/);
  t.is(await readFile(careful.knownHostsFile, 'utf8'), known);
});
