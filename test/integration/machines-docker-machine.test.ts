import path from 'node:path';

import test from 'ava';

import { openLabSource } from '../../src/adapters/machines/lab-source.ts';
import { NotFoundError, UnreachableError } from '../../src/errors.ts';
import { silent } from '../../src/events.ts';
import { LABELS } from '../../src/labels.ts';
import { LAB_LABELS } from '../../src/lab/lab-names.ts';
import { buildDockerMachine } from '../helpers/docker-machine.ts';
import { buildMachineImage } from '../helpers/machine-image.ts';
import { labelNode, listedMachines, machines, makeSwarmContext, saveFile } from '../helpers/machines-command.ts';
import { MACHINES_LABEL } from '../helpers/stand-in.ts';
import { must } from '../helpers/must.ts';
import { TestMachines } from '../helpers/machines.ts';
import type { Operator } from '../helpers/operator.ts';

/** Machines that are not entered by the user's own ssh: those of docker-machine, with an engine behind TLS, and a lab's. */
let set: TestMachines;
let first: Operator;
let second: Operator;
/** docker-machine's program. */
let tools: string;

test.before(async () => {
  tools = await buildDockerMachine();
  set = await TestMachines.start({ machines: ['trixie'] });
  first = set.operator;
  second = await set.addOperator('second');
});

test.after.always(async () => {
  if (set !== undefined && process.env['KEEP_MACHINES'] !== '1') await set[Symbol.asyncDispose]();
});

test.serial('machines of docker-machine are listed, entered, and kept unless we made them', async (t) => {
  const { address } = set.get('vm1');
  const env = { PATH: `${first.env['PATH']}:${tools}` };
  await first.must(
    'docker-machine',
    ['create', '-d', 'generic', '--generic-ip-address', address, '--generic-ssh-key', first.keyFile, 'tm1'],
    { env },
  );
  const row = (await listedMachines(first, tools)).find(({ source }) => source === 'docker-machine');
  t.like(row, { name: 'tm1', driver: 'generic', engine: `tcp://${address}:2376`, swarm: null, madeByUs: false });
  t.is((await machines(first, ['ssh', 'tm1', '--', 'sh', '-c', 'exit 9'], { tools })).status, 9);
  const { status, stderr } = await machines(first, ['remove', 'tm1', '--yes'], { tools });
  t.is(status, 1);
  t.is(stderr, 'error: Cannot remove tm1: spark-swarm did not make it\nhint: docker-machine rm tm1\n');
});

test.serial('an engine that asks for a certificate is handed over without it', async (t) => {
  const { address } = set.get('vm1');
  const certs = path.join(first.env['MACHINE_STORAGE_PATH'] ?? '', 'certs');
  const material = ['ca', 'cert', 'key'].map((part) => `${part}=${path.join(certs, `${part}.pem`)}`).join(',');
  await makeSwarmContext(first, 'tls', `host=tcp://${address}:2376,${material}`);
  await first.must('docker', ['--context', 'spark-tls', 'swarm', 'init', '--advertise-addr', address]);
  const labels = {
    [LABELS.nodeSwarm]: 'tls',
    [LABELS.nodeEngine]: `tcp://${address}:2376`,
    [LABELS.nodeMachine]: 'docker-machine/tm1',
  };
  await labelNode(first, ['--context', 'spark-tls'], { node: 'tm1', labels });
  const used = await machines(first, ['remove', 'tm1', '--yes'], { tools });
  t.is(used.status, 5);
  t.is(
    used.stderr,
    'error: Cannot remove tm1: it is the node tm1 of the swarm "tls"\nhint: spark-swarm swarm leave tm1 --context spark-tls\n',
  );

  const exported = await machines(first, ['export', '--context', 'spark-tls'], { tools });
  t.is(exported.status, 0, exported.stderr);
  t.notRegex(exported.stdout, /PRIVATE/);
  const file = await saveFile(second, 'tls.yaml', exported.stdout);
  const without = await machines(second, ['import', file], { tools });
  t.is(without.status, 2);
  t.is(
    without.stderr,
    `error: The engine of the swarm "tls" at tcp://${address}:2376 asks for a client certificate, and none was named\n` +
      'hint: ask whoever runs it for one of your own, then add --tls-cert FILE --tls-key FILE\n',
  );
  const words = ['import', file, '--tls-cert', path.join(certs, 'cert.pem'), '--tls-key', path.join(certs, 'key.pem')];
  const imported = await machines(second, words, { tools });
  t.is(imported.status, 0, imported.stderr);
  t.is((await machines(second, ['import', file, '--dry-run'], { tools })).stdout, 'nothing to do\n');
  const row = (await listedMachines(second, tools)).find(({ source }) => source === 'docker-machine');
  t.like(row, { name: 'tm1', engine: `tcp://${address}:2376`, swarm: 'tls', node: 'tm1' });
  const entered = await machines(second, ['ssh', 'tm1', 'true'], { tools });
  t.is(entered.status, 1);
  t.regex(
    entered.stderr,
    /^error: Cannot enter tm1: it was made by docker-machine from another home folder, and so its key is there\n/,
  );
});

test.serial('a machine that we made is removed, once it is in no swarm', async (t) => {
  const { address } = set.get('vm1');
  const env = { PATH: `${first.env['PATH']}:${tools}` };
  await first.must('docker', ['--context', 'spark-tls', 'swarm', 'leave', '--force']);
  await first.must('docker-machine', ['rm', '--force', 'tm1'], { env });
  // As `swarm create --create` makes them. By the same name: a container's /etc/hosts cannot be replaced a second time.
  const flags = ['--generic-ip-address', address, '--generic-ssh-key', first.keyFile];
  const label = `${LABELS.machine}=demo`;
  await first.must('docker-machine', ['create', '-d', 'generic', '--engine-label', label, ...flags, 'tm1'], { env });
  const unasked = await machines(first, ['remove', 'tm1', '--quiet'], { tools });
  t.is(unasked.status, 5);
  t.regex(
    unasked.stderr,
    /error: There is no terminal to ask on: Let docker-machine forget tm1\? The hosts themselves stay as they are\.\n/,
  );
  const both = await machines(first, ['remove', 'tm1', 'nope', '--yes', '--quiet'], { tools });
  t.is(both.status, 1);
  t.regex(both.stderr, /error: No machine named "nope" is known here\n/);
  const { status, stdout, stderr } = await machines(first, ['remove', 'tm1', '--yes'], { tools });
  t.is(status, 0, stderr);
  t.is(stdout, 'tm1 is removed from docker-machine; the host itself stays as it is\n');
  t.is(await first.must('docker-machine', ['ls', '-q'], { env }), '');
});

test.serial("programs run in a lab's node by its container", async (t) => {
  const lab = `m${process.pid}`;
  const image = await buildMachineImage({ release: 'trixie', hasEngine: true });
  const labels = [`${MACHINES_LABEL}=${set.name}`, `${LABELS.lab}=${lab}`, `${LAB_LABELS.node}=2`];
  const id = (
    await must('docker', [
      'run',
      '--detach',
      ...labels.flatMap((label) => ['--label', label]),
      '--volume',
      `${set.folder}:/run/node`,
      '--entrypoint',
      'sleep',
      image,
      '600',
    ])
  ).trim();
  const { signal } = new AbortController();
  try {
    const source = openLabSource({ env: {}, report: silent });
    const known = (await source.list(signal)).find(({ name }) => name === `${lab}-2`);
    t.deepEqual(known, {
      name: `${lab}-2`,
      source: 'lab',
      reference: `${lab}-2`,
      engineHost: `unix://${set.folder}/docker.sock`,
      driver: undefined,
      isOurs: true,
    });
    await t.throwsAsync(source.open(`${lab}-1`, signal), {
      instanceOf: NotFoundError,
      message: `No node named "${lab}-1" in the labs of this machine`,
    });
    await using machine = await source.open(`${lab}-2`, signal);
    const lines: string[] = [];
    const result = await machine.shell.runScript('echo "$1"; id -u; echo no >&2; exit 3', {
      args: ["it's"],
      onLine: (line) => lines.push(line),
      signal,
    });
    t.deepEqual(result, { status: 3, stdout: "it's\n0\n", stderr: 'no\n' });
    t.deepEqual(lines, ["it's", '0']);
    await t.throwsAsync(machine.shell.runScript('sleep 30', { timeoutMs: 300, signal }), {
      instanceOf: UnreachableError,
      message: `Cannot enter the lab's node ${lab}-2: the script did not end within 0.3 s`,
    });
    await must('docker', ['kill', id]);
    await t.throwsAsync(machine.shell.runScript('true', { signal }), {
      instanceOf: UnreachableError,
      message: new RegExp(`^Cannot enter the lab's node ${lab}-2: .*is not running$`),
    });
  } finally {
    await must('docker', ['rm', '--force', '--volumes', id]);
  }
});
