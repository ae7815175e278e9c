import test from 'ava';

import type { RawService, RawTask } from '../../../../src/adapters/swarm/parse-swarm.ts';
import { InvalidStateError, NotFoundError, UsageError } from '../../../../src/errors.ts';
import type { TaskStart } from '../../../../src/jobs/job-shell.ts';
import { LABELS } from '../../../../src/labels.ts';
import { SwarmTaskRunner } from '../../../../src/platforms/swarm/job-tasks.ts';
import { SwarmReader } from '../../../../src/platforms/swarm/swarm-reader.ts';
import { refusal } from '../../../helpers/fake-engine.ts';
import { BYTES_PER_MIB, parseSize } from '../../../../src/units.ts';
import { FakeSwarm } from '../../../helpers/fake-swarm.ts';

const ID = '0123456789ab';
const job: TaskStart = {
  id: ID,
  name: 'etl',
  directory: `/var/lib/spark/jobs/records/etl-${ID}`,
  argv: ['sh', 'wrapper'],
  driverBytes: undefined,
};

interface Stage extends AsyncDisposable {
  readonly swarm: FakeSwarm;
  readonly runner: SwarmTaskRunner;
  /** Services that were made, in the order of making. */
  readonly made: readonly RawService['Spec'][];
}

async function stage(): Promise<Stage> {
  const swarm = await FakeSwarm.start();
  const made: RawService['Spec'][] = [];
  swarm.engine.on({
    'POST /services/create': ({ body }) => {
      const Spec = JSON.parse(body) as RawService['Spec'];
      if (swarm.services.some((service) => service.Spec.Name === Spec.Name))
        return refusal(
          409,
          `rpc error: code = AlreadyExists desc = name conflicts with an existing object: service ${Spec.Name} already exists`,
        );
      made.push(Spec);
      swarm.services = [...swarm.services, { ID: `id-${Spec.Name}`, Version: { Index: 1 }, UpdatedAt: '', Spec }];
      return { ID: `id-${Spec.Name}` };
    },
  });
  const runner = new SwarmTaskRunner({ reader: new SwarmReader(swarm.engine.api), cluster: 'spark' });
  return {
    swarm,
    runner,
    made,
    async [Symbol.asyncDispose]() {
      await swarm[Symbol.asyncDispose]();
    },
  };
}

const signal = new AbortController().signal;
const taskOf = (state: string, changes: object = {}): RawTask => ({
  ID: 'task1',
  ServiceID: `id-spark_job-${ID}`,
  NodeID: '',
  CreatedAt: '2026-11-21T05:00:00Z',
  DesiredState: 'complete',
  Status: { State: state, Timestamp: '2026-11-21T05:00:01Z' },
  ...changes,
});

test('a job is started once, however often it is asked for, on the node of the master', async (t) => {
  await using at = await stage();
  await at.runner.start(job);
  await at.runner.start(job);
  t.is(at.made.length, 1);
  const [spec] = at.made;
  t.is(spec?.Name, `spark_job-${ID}`);
  const master = at.swarm.services.find(({ Spec }) => Spec.Labels?.[LABELS.role] === 'master');
  const task = at.swarm.tasks.find(
    ({ ServiceID, DesiredState }) => ServiceID === master?.ID && DesiredState === 'running',
  );
  t.deepEqual(spec?.TaskTemplate.Placement, { Constraints: [`node.id==${task?.NodeID}`] });
});

test('who was a moment quicker with the same job is no conflict', async (t) => {
  await using at = await stage();
  await Promise.all([at.runner.start(job), at.runner.start(job)]);
  t.is(at.made.length, 1);
});

test('a name that somebody else has is said', async (t) => {
  await using at = await stage();
  const [other] = at.swarm.services;
  if (!other) throw new Error('the fixture has no service');
  at.swarm.services = [
    ...at.swarm.services,
    { ...other, ID: 'x', Spec: { ...other.Spec, Name: `spark_job-${ID}`, Labels: {} } },
  ];
  await t.throwsAsync(at.runner.start(job), { message: /name conflicts with an existing object/ });
});

test('a driver that does not fit beside what is reserved there is refused, and nothing is made', async (t) => {
  await using at = await stage();
  const error = await t.throwsAsync(at.runner.start({ ...job, driverBytes: 1024 ** 4 }), { instanceOf: UsageError });
  t.regex(
    error.message,
    /^The driver does not fit on \S+: 1024g driver \+ 384m overhead = 1048960m, and of its \d+m are \d+m reserved by services$/,
  );
  t.is(at.made.length, 0);
});

test('what a job has reserved counts as long as it has not ended', async (t) => {
  await using at = await stage();
  const [node] = at.swarm.nodes;
  const free = async (state: string): Promise<number> => {
    at.swarm.services = at.swarm.services.filter(({ ID: id }) => !id.startsWith('id-'));
    await at.runner.start(job);
    at.swarm.tasks = [...at.swarm.tasks.filter(({ ID: id }) => id !== 'task1'), taskOf(state, { NodeID: node?.ID })];
    const error = await t.throwsAsync(at.runner.start({ ...job, id: 'ffffffffffff', driverBytes: 1024 ** 4 }));
    return parseSize(/are (\w+) reserved/.exec(error?.message ?? '')?.[1] ?? '', 'reserved');
  };
  t.is((await free('running')) - (await free('complete')), 1408 * BYTES_PER_MIB);
});

test('a node that takes no tasks is named with what to type', async (t) => {
  await using at = await stage();
  at.swarm.nodes = at.swarm.nodes.map((node) => ({ ...node, Spec: { ...node.Spec, Availability: 'drain' } }));
  const error = await t.throwsAsync(at.runner.start(job), { instanceOf: InvalidStateError });
  const [, hostname] = /its node (\S+) is/.exec(error.message) ?? [];
  t.is(error.message, `Cannot start a driver in the cluster "spark": its node ${hostname} is ready, drain`);
  t.is(error.hint, `docker node update --availability active ${hostname}`);
});

test('a cluster that is not there is said', async (t) => {
  await using at = await stage();
  at.swarm.empty();
  await t.throwsAsync(at.runner.start(job), {
    instanceOf: NotFoundError,
    message: 'No cluster named "spark" on the swarm',
  });
});

test("what Docker says of a job's task is observed by the job's id", async (t) => {
  await using at = await stage();
  await at.runner.start(job);
  const [node] = at.swarm.nodes;
  const look = async (task: RawTask | undefined): Promise<unknown> => {
    at.swarm.tasks = task ? [...at.swarm.tasks, task] : at.swarm.tasks;
    const seen = await at.runner.observe();
    at.swarm.tasks = at.swarm.tasks.filter(({ ID: id }) => id !== 'task1');
    return seen.get(ID);
  };
  const nothing = { jobId: ID, message: '', exitCode: undefined, node: '' };
  t.deepEqual(await look(undefined), { ...nothing, state: 'pending' });
  const reason = 'no suitable node (insufficient resources on 1 node)';
  t.deepEqual(await look(taskOf('pending', { Status: { State: 'pending', Timestamp: '', Err: reason } })), {
    ...nothing,
    state: 'pending',
    message: reason,
  });
  const container = { ContainerID: 'c0ffee', ExitCode: 0 };
  const running = taskOf('running', {
    NodeID: node?.ID,
    Status: { State: 'running', Timestamp: '', ContainerStatus: container },
  });
  t.deepEqual(await look(running), { ...nothing, state: 'running', node: node?.Description.Hostname });
  const failed = {
    State: 'failed',
    Timestamp: '',
    Err: 'task: non-zero exit (3)',
    ContainerStatus: { ContainerID: 'c0ffee', ExitCode: 3 },
  };
  t.deepEqual(await look(taskOf('failed', { NodeID: node?.ID, Status: failed })), {
    jobId: ID,
    state: 'failed',
    message: 'task: non-zero exit (3)',
    exitCode: 3,
    node: node?.Description.Hostname,
  });
  at.swarm.nodes = at.swarm.nodes.map((each) => ({ ...each, Status: { ...each.Status, State: 'down' } }));
  t.deepEqual(await look(running), {
    ...nothing,
    state: 'running',
    node: node?.Description.Hostname,
    message: `node ${node?.Description.Hostname} is down`,
  });
});

test("a job's container is entered on its node while it runs, and not before or after", async (t) => {
  await using at = await stage();
  await at.runner.start(job);
  t.is(await at.runner.openShell(ID, signal), undefined);
  const [node] = at.swarm.nodes;
  const status = (state: string): object => ({
    State: state,
    Timestamp: '',
    ContainerStatus: { ContainerID: 'c0ffee' },
  });
  at.swarm.tasks = [...at.swarm.tasks, taskOf('running', { NodeID: node?.ID, Status: status('running') })];
  const shell = await at.runner.openShell(ID, signal);
  t.is(shell?.place, `the task of the job ${ID} on ${node?.Description.Hostname}`);
  at.swarm.tasks = at.swarm.tasks.map((task) =>
    task.ID === 'task1' ? { ...task, Status: { ...task.Status, State: 'complete' } } : task,
  );
  t.is(await at.runner.openShell(ID, signal), undefined);
});

test("a job's service is taken away, and one that is gone is no error", async (t) => {
  await using at = await stage();
  await at.runner.start(job);
  const before = at.swarm.services.length;
  await at.runner.remove(ID);
  await at.runner.remove(ID);
  t.is(at.swarm.services.length, before - 1);
  t.deepEqual([...(await at.runner.observe())], []);
});
