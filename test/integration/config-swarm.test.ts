import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import type { SwarmCreated } from '../../src/swarm/create-swarm.ts';
import type { SwarmStatus } from '../../src/swarm/read-swarm.ts';
import { buildDockerMachine } from '../helpers/docker-machine.ts';
import { BUILD_LIMIT_MS, type CommandOptions, type Outcome } from '../helpers/lab-command.ts';
import { TestMachines } from '../helpers/machines.ts';
import { must } from '../helpers/must.ts';
import { waitFor } from '../helpers/wait-for.ts';

const CONTEXT = 'spark-swarm';
const NAMES = ['cs1', 'cs2', 'cs3'] as const;
const HOSTS = NAMES.map((name) => `root@${name}`).join(',');

let machines: TestMachines;

test.before(async (t) => {
  t.timeout(1_800_000);
  if (!process.env['TEST_IMAGE']) await must('bin/build-image', [], { limitMs: BUILD_LIMIT_MS });
  machines = await TestMachines.start({ machines: ['trixie', 'bookworm', 'trixie'], prefix: 'cs' });
});

test.after.always(async () => {
  await machines?.[Symbol.asyncDispose]();
});

/** Runs a launcher, and keeps what it said as evidence. */
async function run(
  t: ExecutionContext,
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Outcome> {
  const outcome = await machines.run(file, args, options);
  t.log(
    `$ ${file} ${args.join(' ')}\n${outcome.stderr}${outcome.stdout}(${outcome.status}, ${Math.round(outcome.tookMs)} ms)`,
  );
  return outcome;
}

async function create(t: ExecutionContext, ...flags: readonly string[]): Promise<SwarmCreated> {
  const { status, stdout, stderr } = await run(t, 'sbin/config-swarm', ['--hosts', HOSTS, '-o', 'json', ...flags]);
  t.is(status, 0, stderr);
  return JSON.parse(stdout) as SwarmCreated;
}

async function readStatus(): Promise<SwarmStatus> {
  const { stdout } = await machines.run('bin/spark-swarm', ['swarm', 'status', '--context', CONTEXT, '-o', 'json']);
  return JSON.parse(stdout) as SwarmStatus;
}

/** Everything that making a swarm could leave on the machines and in the operator's home. */
async function traces(): Promise<unknown> {
  const onMachines = await Promise.all(
    machines.machines.map(async (machine) =>
      machine.must(
        "docker info -f '{{.Swarm.LocalNodeState}}'; docker network ls --format '{{.Name}}' | sort; docker volume ls -q; docker ps -aq",
      ),
    ),
  );
  return [onMachines, (await machines.run('docker', ['context', 'ls', '-q'])).stdout];
}

async function leave(t: ExecutionContext): Promise<void> {
  const { status, stderr } = await run(t, 'bin/spark-swarm', ['swarm', 'leave', '--yes', '--context', CONTEXT]);
  t.is(status, 0, stderr);
  await curePorts(t);
}

/** An engine that is too busy for its farewell keeps the swarm's ports, and is refused from then on: the cure that SS-M17 names. */
async function curePorts(t: ExecutionContext): Promise<void> {
  const cure = `[ "$(docker info -f '{{.Swarm.LocalNodeState}}')" = inactive ] || exit 0
for look in 1 2 3 4 5 6 7 8 9 10; do ss -Hlntu 'sport = :7946' | grep -q . || exit 0; sleep 1; done
systemctl restart docker; echo its engine kept 7946`;
  for (const machine of machines.machines) {
    const said = await machine.must(cure);
    if (said !== '') t.log(`${machine.name}: ${said}`);
  }
}

const rolesOf = ({ nodes }: Pick<SwarmStatus, 'nodes'>): readonly string[] =>
  nodes.map(({ name, role, availability, state }) => `${name} ${role} ${availability} ${state}`);

const ALL_WORK = ['cs1 manager active ready', 'cs2 worker active ready', 'cs3 worker active ready'];

test.serial('bad input is found in parallel before the first change, and said together within 20 s', async (t) => {
  const before = await traces();
  const hosts = `root@cs1,root@${machines.unusedAddress},nobody-there@cs2,root@nosuchhost.invalid`;
  const { status, stderr, tookMs } = await run(t, 'sbin/config-swarm', ['--hosts', hosts]);
  t.is(status, 4);
  t.true(tookMs < 20_000, `${tookMs} ms`);
  for (const named of [machines.unusedAddress, 'cs2', 'nosuchhost.invalid']) t.true(stderr.includes(named), named);
  t.deepEqual(await traces(), before);
});

const usage: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['--hosts', 'root@cs1,root@cs1'], /^error: --hosts: .*twice/],
  [['--hosts', 'cs[3-1]'], /^error: --hosts: /],
  [['--hosts', 'my_vm'], /^error: --hosts: .*_/],
  [['--hosts', HOSTS, '--managers', '2'], /^error: --managers: got "2"; expected 1, 3 or 5/],
  [['--hosts', 'root@cs1', '--managers', '3'], /SS-M31/],
  [['--bogus'], /^error: unknown flag --bogus/],
];
for (const [args, message] of usage) {
  test.serial(`refused with 2: config-swarm ${args.join(' ')}`, async (t) => {
    const { status, stderr } = await run(t, 'sbin/config-swarm', args);
    t.is(status, 2);
    t.regex(stderr.replaceAll(/^\[.*\n/gm, ''), message);
  });
}

test.serial('a machine in another swarm is said, and never forced', async (t) => {
  const stranger = machines.get('cs3');
  await stranger.must(`docker swarm init --advertise-addr ${stranger.address}`);
  const { status, stderr } = await run(t, 'sbin/config-swarm', ['--hosts', HOSTS]);
  t.is(status, 5);
  t.regex(stderr, /SS-M27 cs3: it is in a swarm already/);
  t.is((await stranger.must("docker info -f '{{.Swarm.LocalNodeState}}'")).trim(), 'active');
  t.is((await machines.get('cs1').must("docker info -f '{{.Swarm.LocalNodeState}}'")).trim(), 'inactive');
  // Docker takes its last endpoint off the bridge up to 5 s after its answer.
  const rid = 'for look in $(seq 10); do docker network rm docker_gwbridge && exit 0; sleep 1; done; exit 1';
  await stranger.must(`docker swarm leave --force && ${rid}`);
});

test.serial(
  'three machines of two Debian releases become a swarm; again there is nothing to do; leave leaves nothing',
  async (t) => {
    const before = await traces();
    const plan = await create(t, '--dry-run');
    t.deepEqual(plan.changes, [
      'cs1 (cs1): starts the swarm',
      'cs2 (cs2): joins as worker',
      'cs3 (cs3): joins as worker',
      'docker context spark-swarm: is made, for ssh://root@cs1:22',
    ]);
    t.deepEqual(await traces(), before);
    const made = await create(t);
    t.deepEqual([made.changed, rolesOf(made)], [true, ALL_WORK]);
    const again = await create(t);
    t.deepEqual([again.changed, again.changes], [false, []]);
    const status = await readStatus();
    t.true(status.healthy);
    t.deepEqual(
      status.nodes.map(({ name, machine, engine, reachable }) => [name, machine, engine, reachable]),
      NAMES.map((name) => [name, `ssh/root@${name}:22`, `ssh://root@${name}:22`, true]),
    );
    t.deepEqual(
      status.findings.map(({ id }) => id),
      ['SS-N11'],
    );
    await leave(t);
    t.deepEqual(await traces(), before);
  },
);

test.serial('a join token is in no argument, no output and no event', async (t) => {
  const watched = machines.start('sbin/config-swarm', ['--hosts', HOSTS, '--events']);
  let ended = false;
  void watched.ended.then(() => (ended = true));
  const seen: string[] = [];
  while (!ended) {
    seen.push(await must('ps', ['-eo', 'args', '-ww']));
    await sleep(50);
  }
  const { status, stdout, stderr } = await watched.ended;
  t.is(status, 0, stderr);
  // Without this line of its own, whose pattern it would be.
  const text = [stdout, stderr, ...seen].join('\n');
  t.notRegex(text, /SWMTKN-1-[0-9a-z]{40}/);
});

test.serial(
  'a cluster works on it; leave is refused meanwhile; a new node has the image before it works',
  async (t) => {
    t.timeout(900_000);
    const at = ['--context', CONTEXT];
    const image = process.env['TEST_IMAGE'] ?? 'spark-swarm:latest';
    const limit = { limitMs: 600_000 };
    const left = await run(t, 'bin/spark-swarm', ['swarm', 'leave', 'cs3', ...at]);
    t.is(left.status, 0, left.stderr);
    await curePorts(t);
    const deployed = await run(
      t,
      'sbin/spark-cluster-service',
      ['deploy', '--workers', '2', '--image', image, ...at],
      limit,
    );
    t.is(deployed.status, 0, deployed.stderr);
    const pi = await run(t, 'bin/submit', [...at, '--example', 'pi', '10']);
    t.is(pi.status, 0, pi.stderr);
    t.regex(pi.stdout, /Pi is roughly 3\.1/);
    const refused = await run(t, 'bin/spark-swarm', ['swarm', 'leave', ...at]);
    t.is(refused.status, 5);
    t.regex(refused.stderr, /^error: Cannot take the swarm "swarm" apart: the cluster "spark" is on it$/m);
    t.regex(refused.stderr, /^hint: spark-swarm remove --name spark --context spark-swarm, or --force$/m);
    const joined = await run(t, 'bin/spark-swarm', ['swarm', 'join', '--hosts', 'root@cs3', ...at], limit);
    t.is(joined.status, 0, joined.stderr);
    const had = await machines.get('cs3').must(`docker image inspect -f '{{.Id}}' ${image}`);
    t.regex(had, /^sha256:/);
    t.deepEqual(rolesOf(await readStatus()), ALL_WORK);
    const removed = await run(t, 'sbin/spark-cluster-service', ['remove', '--yes', '--volumes', ...at]);
    t.is(removed.status, 0, removed.stderr);
  },
);

test.serial('labels that were lost come back, and a machine that was replaced joins anew', async (t) => {
  const at = ['--context', CONTEXT];
  await machines.run('docker', [...at, 'node', 'update', '--label-rm', 'io.spark-swarm.node.engine', 'cs2']);
  t.deepEqual((await create(t)).changes, ['cs2 (cs2): gets its labels back']);
  await machines.get('cs2').must('systemctl stop docker && rm -rf /var/lib/docker/swarm && systemctl start docker');
  const repaired = await create(t);
  t.is(repaired.changes.length, 2);
  t.deepEqual(rolesOf(repaired), ALL_WORK);
  t.deepEqual((await create(t)).changes, []);
});

test.serial('of three managers one is replaced; with two lost status says so and does not wait for them', async (t) => {
  const [first, second, third] = machines.machines;
  if (!first || !second || !third) throw new Error('there are three');
  await create(t, '--managers', '3');
  await third.must('systemctl stop docker && rm -rf /var/lib/docker/swarm && systemctl start docker');
  const repaired = await create(t);
  t.deepEqual(
    repaired.nodes.map(({ name, role }) => `${name} ${role}`),
    ['cs1 manager', 'cs2 manager', 'cs3 manager'],
  );
  await Promise.all([second.kill(), third.kill()]);
  const lost = await waitFor('the swarm to see that it has no majority', {
    read: async () => run(t, 'bin/spark-swarm', ['swarm', 'status', '--context', CONTEXT, '-o', 'json']),
    until: ({ stdout }) => stdout.includes('SS-N05') && stdout.includes('2 of 3'),
    show: ({ stdout }) => stdout,
    limitMs: 180_000,
  });
  t.is(lost.status, 1);
  t.true(lost.tookMs < 30_000, `${lost.tookMs} ms`);
  const [finding] = (JSON.parse(lost.stdout) as SwarmStatus).findings;
  t.is(
    finding?.problem,
    'Its managers have no majority, so nothing can be changed: 2 of 3 managers must answer, 1 does; what runs goes on',
  );
  await Promise.all([second.start(), third.start()]);
  await Promise.all([second.waitUntilBooted(), third.waitUntilBooted()]);
  await waitFor('the swarm to be healthy again', {
    read: async () => machines.run('bin/spark-swarm', ['swarm', 'status', '--context', CONTEXT]),
    until: ({ status }) => status === 0,
    show: ({ stdout }) => stdout,
    limitMs: 180_000,
  });
  await leave(t);
});

test.serial('killed at five random moments and run again it converges, five of five', async (t) => {
  t.timeout(600_000);
  const before = await traces();
  const whole = await machines.run('sbin/config-swarm', ['--hosts', HOSTS, '--managers', '3']);
  t.is(whole.status, 0, whole.stderr);
  await leave(t);
  for (let round = 1; round <= 5; round += 1) {
    const moment = randomInt(300, Math.round(whole.tookMs));
    const killed = machines.start('sbin/config-swarm', ['--hosts', HOSTS, '--managers', '3']);
    await sleep(moment);
    killed.killTree();
    await killed.ended;
    t.log(`killed after ${moment} ms: ${killed.stderr.trim().split('\n').at(-1) ?? ''}`);
    const again = await create(t, '--managers', '3');
    t.is(again.nodes.length, 3);
    t.true((await readStatus()).healthy);
    t.deepEqual((await create(t, '--managers', '3')).changes, []);
    await leave(t);
    t.deepEqual(await traces(), before);
  }
});

test.serial('B6: --create makes as many machines as --num says, and they are a swarm', async (t) => {
  t.timeout(900_000);
  const folder = await buildDockerMachine();
  const options = { env: { PATH: `${folder}:${machines.env['PATH']}` }, limitMs: 300_000 };
  const hosts = machines.machines.map(({ address }) => `root@${address}`).join(',');
  const flags = ['--generic-ssh-key', machines.operator.keyFile];
  const made = await run(
    t,
    'sbin/config-swarm.sh',
    ['--create', '-n=3', '--prefix=cs', '--driver', 'generic', '--hosts', hosts, '--', ...flags],
    options,
  );
  t.is(made.status, 0, made.stderr);
  const listed = await machines.run('docker-machine', ['ls', '-q'], options);
  t.deepEqual(listed.stdout.trim().split('\n').toSorted(), [...NAMES]);
  t.deepEqual(rolesOf(await readStatus()), ALL_WORK);
  const again = await run(t, 'sbin/config-swarm', ['--num', '3', '-p', 'cs'], options);
  t.is(again.status, 0, again.stderr);
  t.regex(again.stdout, /^The swarm "swarm" is ready: nothing to do$/m);
  const left = await run(t, 'bin/spark-swarm', ['swarm', 'leave', '--yes', '--context', CONTEXT], options);
  t.is(left.status, 0, left.stderr);
  t.regex(left.stdout, /^To remove the machines as well: spark-swarm machines remove cs3 cs2 cs1$/m);
});
