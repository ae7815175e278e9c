import test from 'ava';

import type { ComposeDocument } from '../../../../src/compose/compose-document.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../../../src/labels.ts';
import { projectRoot } from '../../../helpers/cli.ts';
import { FakeSwarm } from '../../../helpers/fake-swarm.ts';
import { CONFIG, answering, deployLine, planStackDeploy as plan, signal } from '../../../helpers/stack-deploy.ts';

/** Every node of the captured lab shares a folder of this machine. */
function share(swarm: FakeSwarm): void {
  const labels = { [LABELS.nodeData]: '/srv/spark-data', [LABELS.nodeDataHere]: '/srv/lab/data' };
  swarm.nodes = swarm.nodes.map((node) => ({
    ...node,
    Spec: { ...node.Spec, Labels: { ...node.Spec.Labels, ...labels } },
  }));
}

test("a lab's nodes bind the folder that they share, and nothing is said of volumes", async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  share(swarm);
  const { document, warnings } = await plan(swarm);
  const { services, volumes } = document as ComposeDocument;
  for (const role of ['master', 'worker']) {
    t.deepEqual(services[role]?.volumes?.at(-1), { type: 'bind', source: '/srv/spark-data', target: '/data' });
    t.is(services[role]?.['user'], '1000:1000');
  }
  t.deepEqual(Object.keys(volumes ?? {}), ['jobs', 'recovery']);
  t.deepEqual(warnings, []);
});

test('a notebook adds its token, its service and the room it takes', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const notebook = { image: 'spark-swarm:latest-notebook', imageId: 'sha256:n', limitBytes: 1920 * 1024 ** 2 };
  const { changes, document } = await plan(swarm, { notebook });
  t.deepEqual(changes, [
    'create secret spark_auth',
    'create secret spark_notebook_token',
    'create service spark_master',
    'create service spark_worker',
    'create service spark_notebook',
  ]);
  const { services } = document as ComposeDocument;
  // There is one manager: nothing has to keep the two together.
  t.deepEqual(services['notebook']?.deploy?.placement, { constraints: ['node.role == manager'] });
});

test('where several managers could run the master, it stays on one of them, and what runs beside it does, too', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  swarm.nodes = swarm.nodes.map((node) => ({ ...node, Spec: { ...node.Spec, Role: 'manager' as const } }));
  const notebook = { image: 'n', imageId: 'sha256:n', limitBytes: 1920 * 1024 ** 2 };
  const first = swarm.nodes.find(({ Description }) => Description.Hostname === 'lab-1');
  const { services } = (await plan(swarm, { notebook, history: { limitBytes: 448 * 1024 ** 2 } }))
    .document as ComposeDocument;
  for (const role of ['master', 'notebook', 'history']) {
    t.is(services[role]?.deploy?.placement?.constraints?.at(-1), `node.id==${first?.ID}`);
  }
  t.deepEqual(services['worker']?.deploy?.placement?.constraints ?? [], []);
});

test('a cluster that was removed comes back to the node that has its jobs and notebooks, if that takes tasks', async (t) => {
  const masterNode = async (role: string, changes: object = {}): Promise<string | undefined> => {
    await using swarm = (await FakeSwarm.start()).empty();
    swarm.nodes = swarm.nodes.map((node) => ({
      ...node,
      Spec: { ...node.Spec, Role: 'manager' as const, ...(node.Description.Hostname === 'lab-3' ? changes : {}) },
    }));
    const labels = { [LABELS.cluster]: 'spark', [LABELS.role]: role, [STACK_NAMESPACE_LABEL]: 'spark' };
    const keeper = swarm.nodes.find(({ Description }) => Description.Hostname === 'lab-3');
    swarm.engine.on({
      'GET /volumes': ({ socket }) => ({ Volumes: socket === keeper?.ID ? [{ Name: 'v', Labels: labels }] : [] }),
    });
    const { services } = (await plan(swarm)).document as ComposeDocument;
    const id = services['master']?.deploy?.placement?.constraints?.at(-1)?.replace('node.id==', '');
    return swarm.nodes.find(({ ID }) => ID === id)?.Description.Hostname;
  };
  t.is(await masterNode('jobs'), 'lab-3');
  t.is(await masterNode('notebooks'), 'lab-3');
  t.is(await masterNode('data'), 'lab-1');
  t.is(await masterNode('jobs', { Availability: 'drain' }), 'lab-1');
});

test('certificates of the machine are a config that is made before Docker is given the stack', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const prepared = await plan(
    swarm,
    { machine: { proxies: {}, hasCaBundle: true } },
    answering({ [deployLine('spark')]: '' }),
    { caBundle: async () => ({ text: 'PEM' }) },
  );
  t.true(prepared.changes.includes('create config spark_ca_bundle'));
  await prepared.apply(() => {}, signal);
  t.is(Buffer.from(swarm.configs[0]?.Spec.Data ?? '', 'base64').toString(), 'PEM');
});

test('a file of the user is read in place of the project', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const file = `${projectRoot}/docker-compose.yml`;
  const shell = answering({ [deployLine('spark')]: '' });
  const prepared = await plan(swarm, { file }, shell, { composeFile: '/nonexistent.yml' });
  await prepared.apply(() => {}, signal);
  t.deepEqual(shell.lines, [CONFIG, deployLine('spark')]);
  t.is(shell.calls.at(-1)?.options.cwd, projectRoot);
});
