import test, { type ExecutionContext } from 'ava';

import { describeSelf } from '../../src/adapters/files/process-identity.ts';
import { LABELS } from '../../src/labels.ts';
import { labObjectName } from '../../src/lab/lab-names.ts';
import { findingOf, idsOf, runDoctor, type Doctored } from '../helpers/doctor.ts';
import { must } from '../helpers/must.ts';
import { RunningCommand } from '../helpers/lab-command.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { waitFor } from '../helpers/wait-for.ts';

useLab(3);

const doctor = async (...args: readonly string[]): Promise<Doctored> =>
  runDoctor(['--context', labObjectName(theLab().name), ...args]);

/** A program on the node itself, which is a container of this machine's engine. */
const onNode = async (node: number, ...argv: readonly string[]): Promise<string> =>
  theLab().outerDocker('exec', theLab().nodes[node - 1]?.container ?? '', ...argv);

const ofNode = async (node: number, ...args: readonly string[]): Promise<string> =>
  must('docker', ['-H', `unix://${theLab().nodes[node - 1]?.socket}`, ...args]);

/** Containers, images and networks that a probe has made, on all nodes. */
async function probeObjects(): Promise<readonly string[]> {
  const filter = ['--filter', `label=${LABELS.probe}`, '-q'];
  const lists = await Promise.all(
    [1, 2, 3].flatMap((node) => [
      ofNode(node, 'ps', '-a', ...filter),
      ofNode(node, 'images', ...filter),
      ofNode(node, 'network', 'ls', ...filter),
    ]),
  );
  return lists.filter((list) => list !== '');
}

/** With everything that was seen, when it was not measured or not all is well. */
function allWell(t: ExecutionContext, { status, report, stdout, stderr }: Doctored): void {
  t.is(status, 0, stdout + stderr);
  t.deepEqual(
    report.overlay?.pairs.map(({ reach }) => reach),
    Array<string>(6).fill('ok'),
    stdout + stderr,
  );
  t.deepEqual(report.overlay?.notes, []);
}

/** Of the machine there may be more: other labs come and go. */
const ofSwarm = (done: Doctored): readonly string[] => idsOf(done).filter((id) => !/^SS-[CE]/.test(id));

async function labelOf(t: ExecutionContext): Promise<number> {
  const text = await theLab().docker(
    'node',
    'inspect',
    'self',
    '--format',
    `{{index .Spec.Labels "${LABELS.nodeMtu}"}}`,
  );
  t.regex(text, /^\d+$/);
  return Number(text);
}

test('every pair of nodes is measured, with its packet size and its throughput, and nothing is left', async (t) => {
  const mtu = await labelOf(t);
  const done = await doctor('--throughput');
  allWell(t, done);
  const { overlay } = done.report;
  t.is(overlay?.interfaceMtu, mtu - 50);
  for (const pair of overlay?.pairs ?? []) {
    t.like(pair, { reach: 'ok', mtu: mtu - 50 });
    t.true((pair.bytesPerSecond ?? 0) > 1e6, JSON.stringify(pair));
  }
  t.deepEqual(await probeObjects(), []);
  const certificates = done.report.checks.find(({ id }) => id === 'swarm-certificates');
  t.regex(certificates?.detail ?? '', /^valid for (8\d|90) more days, renewed by themselves/);
});

test('a node whose port 4789/udp is blocked: SS-N20 names it alone', async (t) => {
  const rule = ['INPUT', '-p', 'udp', '--dport', '4789', '-j', 'DROP'];
  await onNode(2, 'iptables', '-I', ...rule);
  t.teardown(async () => onNode(2, 'iptables', '-D', ...rule));
  const done = await doctor();
  t.is(done.status, 1);
  const name = theLab().nodes[1]?.hostname;
  t.deepEqual(ofSwarm(done), ['SS-N20']);
  const found = findingOf(done, 'SS-N20');
  t.is(found.subject, `node ${name}`);
  t.is(found.problem, `no other node reaches containers on ${name} over the overlay, and they reach nobody`);
  t.regex(found.fix, /^let 4789\/udp and 7946\/tcp\+udp through between /);
  t.deepEqual(done.report.overlay?.pairs.filter(({ reach }) => reach === 'ok').length, 2);
  t.deepEqual(await probeObjects(), []);
});

test('nodes that are told more than their network carries: SS-N21, with the size that passes', async (t) => {
  const mtu = await labelOf(t);
  const hostnames = theLab().nodes.map(({ hostname }) => hostname);
  const setMtu = async (label: number): Promise<void> => {
    for (const name of hostnames)
      await theLab().docker('node', 'update', '--label-add', `${LABELS.nodeMtu}=${label}`, name);
    for (const node of [1, 2, 3]) await onNode(node, 'ip', 'link', 'set', 'eth0', 'mtu', String(label));
  };
  t.teardown(async () => setMtu(mtu));
  // What the interface says is a lie, as with a tunnel on the way: the bridge between the nodes drops what is larger.
  await setMtu(mtu + 100);
  const done = await doctor();
  t.is(done.status, 1);
  t.deepEqual(new Set(ofSwarm(done)), new Set(['SS-N21']));
  const found = findingOf(done, 'SS-N21');
  t.regex(found.problem, new RegExp(`vanish: their interface says ${mtu + 50} bytes$`));
  const [, usable = ''] = new RegExp(`--label-add ${LABELS.nodeMtu}=(\\d+) `).exec(found.fix) ?? [];
  t.true(Number(usable) <= mtu && Number(usable) > mtu - 100, found.fix);
});

test('an interrupted measurement leaves nothing, and of a killed one the next run takes away what is left', async (t) => {
  const args = ['--events', '--context', labObjectName(theLab().name)];
  const interrupted = new RunningCommand('bin/doctor', args);
  await interrupted.waitForOutput(/starting a container on 3 nodes/);
  interrupted.kill('SIGINT');
  const { status, stdout, stderr } = await interrupted.ended;
  t.is(status, 130);
  t.deepEqual(await probeObjects(), [], stdout + stderr);
  const killed = new RunningCommand('bin/doctor', args);
  await killed.waitForOutput(/looking from each of 3 nodes/);
  killed.killTree();
  await killed.ended;
  t.not((await probeObjects()).length, 0);
  allWell(t, await doctor());
  t.deepEqual(await probeObjects(), []);
});

test('a lock that a dead command has left: SS-K04; volumes of a removed cluster: SS-K03', async (t) => {
  const lab = theLab();
  const { host } = describeSelf();
  const gone = { host, pid: 4_194_303, started: '1', command: 'resize', since: '2026-01-01T00:00:00Z' };
  const config = ['--label', `${LABELS.cluster}=left`, '--label', `${LABELS.lock}=${JSON.stringify(gone)}`];
  await must('docker', ['config', 'create', ...config, 'left_lock', '-'], { env: lab.env, input: 'spark-swarm lock' });
  const volume = ['--label', `${LABELS.cluster}=left`, '--label', `${LABELS.role}=data`, 'left_data'];
  await ofNode(3, 'volume', 'create', ...volume);
  t.teardown(async () => {
    await lab.docker('config', 'rm', 'left_lock');
    await ofNode(3, 'volume', 'rm', 'left_data');
  });
  const done = await doctor('--no-overlay');
  t.is(done.status, 0, 'neither stands in the way');
  t.regex(
    findingOf(done, 'SS-K04').proof,
    /^config left_lock: resize by process 4194303 on \S+, since 2026-01-01T00:00:00Z$/,
  );
  const kept = findingOf(done, 'SS-K03');
  t.is(kept.severity, 'note');
  t.is(kept.proof, `volume left_data on ${lab.nodes[2]?.hostname}`);
  t.is(kept.fix, 'spark-swarm remove --name left --volumes, if the data is not wanted any more');
});

test('a swarm that locks itself: SS-N34 is a note', async (t) => {
  await theLab().docker('swarm', 'update', '--autolock=true');
  t.teardown(async () => theLab().docker('swarm', 'update', '--autolock=false'));
  const done = await doctor('--no-overlay');
  t.is(done.status, 0);
  t.is(findingOf(done, 'SS-N34').severity, 'note');
});

test('of a cluster: an image that a node lacks SS-K02, a service held back SS-K05, a worker that is gone SS-K01', async (t) => {
  t.timeout(400_000);
  const lab = theLab();
  const cluster = theCluster('doc');
  t.teardown(async () => cluster.remove('--volumes', '--yes'));
  t.is((await cluster.deploy('--workers', '1')).status, 0);
  const busy = new Set(
    (await lab.docker('node', 'ps', ...lab.nodes.map(({ hostname }) => hostname), '--format', '{{.Node}}')).split('\n'),
  );
  const idle = lab.nodes.findIndex(({ hostname }) => !busy.has(hostname)) + 1;
  await ofNode(idle, 'rmi', '-f', lab.image);
  const lacking = await doctor('--no-overlay');
  t.is(lacking.status, 0);
  t.is(findingOf(lacking, 'SS-K02').proof, '2 of 3 nodes have it');
  t.is(findingOf(lacking, 'SS-K02').fix, `spark-swarm image push ${lab.image}`);
  await lab.docker('service', 'update', '--detach', '--label-add', `${LABELS.held}=[]`, 'doc_worker');
  await lab.docker('service', 'scale', '--detach', 'doc_master=0');
  const done = await waitFor('the loss of the master', {
    read: async () => doctor('--no-overlay'),
    until: (seen) => idsOf(seen).includes('SS-K01'),
  });
  t.is(done.status, 1);
  t.is(findingOf(done, 'SS-K05').fix, 'spark-swarm resize --workers 1 --name doc');
  t.is(findingOf(done, 'SS-K01').subject, 'cluster doc');
});

/** Until the manager says of every node that it is ready. */
async function waitForNodes(): Promise<void> {
  await waitFor('three ready nodes', {
    read: async () => theLab().docker('node', 'ls', '--format', '{{.Status}}'),
    until: (states) => states === 'Ready\nReady\nReady',
    limitMs: 120_000,
  });
}

test('a manager that was restarted with autolock: SS-N30, with what to type', async (t) => {
  const lab = theLab();
  await lab.docker('swarm', 'update', '--autolock=true');
  const key = await lab.docker('swarm', 'unlock-key', '-q');
  await lab.outerDocker('restart', lab.manager.container);
  t.teardown(async () => {
    await must('docker', ['swarm', 'unlock'], { env: lab.env, input: `${key}\n` });
    await waitForNodes();
    await lab.docker('swarm', 'update', '--autolock=false');
  });
  const done = await waitFor('the engine, back', {
    read: async () => doctor(),
    until: (seen) => idsOf(seen).includes('SS-N30'),
  });
  t.is(done.status, 1);
  t.is(findingOf(done, 'SS-N30').problem, 'the swarm is locked since this manager was restarted');
  t.regex(findingOf(done, 'SS-N30').fix, /^docker swarm unlock, /);
});

// The last one: two managers that have lost their majority once may never find it again, and the lab is taken away after it.
test("two managers of which one is killed: SS-N05, in Docker's words", async (t) => {
  const lab = theLab();
  const [, second] = lab.nodes;
  await lab.docker('node', 'promote', second?.hostname ?? '');
  await waitFor('a second manager that is reachable', {
    read: async () => lab.docker('node', 'ls', '--format', '{{.ManagerStatus}}'),
    until: (states) => states.includes('Reachable'),
  });
  await lab.outerDocker('kill', second?.container ?? '');
  const done = await waitFor('the end of the majority', {
    read: async () => doctor(),
    until: (seen) => idsOf(seen).includes('SS-N05'),
  });
  t.is(done.status, 1);
  t.true(done.tookMs < 30_000, `${done.tookMs} ms`);
  t.regex(findingOf(done, 'SS-N05').proof, /^Docker says: The swarm does not have a leader/);
  t.like(
    done.report.checks.find(({ id }) => id === 'engine'),
    { state: 'ok' },
  );
});
