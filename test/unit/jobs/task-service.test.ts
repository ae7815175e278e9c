import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { planTaskMemory, planTaskService, type ServiceSpec, type TaskPlan } from '../../../src/jobs/task-service.ts';
import { readJsonFixture } from '../../helpers/builders.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** As an engine 26.1.5 gives it. */
const master = (): ServiceSpec => {
  const services = readJsonFixture('docker-engine/services-26.1.5.json') as readonly { readonly Spec: ServiceSpec }[];
  const found = services.find(({ Spec }) => Spec.Name === 'spark_master');
  if (!found) throw new Error('the fixture has no master');
  return found.Spec;
};

const plan = (changes: Partial<TaskPlan> = {}): TaskPlan => ({
  cluster: 'spark',
  id: '0123456789ab',
  argv: ['sh', '/var/lib/spark/jobs/records/etl-0123456789ab/wrapper'],
  limitBytes: 1408 * MIB,
  nodeId: 'node1',
  place: undefined,
  ...changes,
});

const LABELLED = {
  'io.spark-swarm.cluster': 'spark',
  'com.docker.stack.namespace': 'spark',
  'io.spark-swarm.job': '0123456789ab',
};

test('a task is the master as it is deployed, without what makes that the master', (t) => {
  const given = master();
  const { ContainerSpec: container } = given.TaskTemplate;
  t.deepEqual(planTaskService(given, plan()), {
    Name: 'spark_job-0123456789ab',
    Labels: LABELLED,
    TaskTemplate: {
      ContainerSpec: {
        Image: 'spark-swarm:latest',
        Env: container['Env'],
        Privileges: container['Privileges'],
        ReadOnly: true,
        StopGracePeriod: 20_000_000_000,
        Isolation: 'default',
        CapabilityDrop: ['ALL'],
        Args: ['sh', '/var/lib/spark/jobs/records/etl-0123456789ab/wrapper'],
        Labels: LABELLED,
        Mounts: container.Mounts?.filter(({ Target }) => Target !== '/var/lib/spark/recovery'),
        Secrets: container.Secrets,
      },
      // Under the alias "master" the workers would take the driver for their master.
      Networks: [{ Target: 'ubg3kfptxxpix849ai6l4b9uc' }],
      Placement: { Constraints: ['node.id==node1'] },
      Resources: { Limits: { MemoryBytes: 1408 * MIB }, Reservations: { MemoryBytes: 1408 * MIB } },
      RestartPolicy: { Condition: 'none' },
      LogDriver: { Name: 'json-file', Options: { 'max-file': '3', 'max-size': '10m' } },
    },
    Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    EndpointSpec: { Mode: 'dnsrr' },
  });
});

test('on a node that was entered by ssh it is the user who entered, and its record is that folder', (t) => {
  const given = master();
  const container = {
    ...given.TaskTemplate.ContainerSpec,
    Mounts: [
      { Type: 'volume', Source: 'spark_jobs', Target: '/var/lib/spark/jobs' },
      { Type: 'volume', Target: '/tmp' },
    ],
  };
  const { TaskTemplate } = planTaskService(
    { ...given, TaskTemplate: { ...given.TaskTemplate, ContainerSpec: container } },
    plan({
      place: { nodeId: 'node2', owner: { uid: 1000, gid: 100 }, base: '/home/ada/.spark-swarm/jobs/spark' },
    }),
  );
  const { User, Mounts, Secrets } = TaskTemplate.ContainerSpec;
  t.is(User, '1000:100');
  const base = '/home/ada/.spark-swarm/jobs/spark';
  t.deepEqual(Mounts, [
    { Type: 'volume', Target: '/tmp' },
    { Type: 'bind', Source: base, Target: base },
  ]);
  t.deepEqual(
    Secrets?.map(({ File }) => File),
    [{ Name: 'spark-auth-secret', UID: '1000', GID: '100', Mode: 256 }],
  );
});

test("a task's memory is the driver's heap and what lies around it", (t) => {
  const room = { hostname: 'lab-1', memoryBytes: 8 * GIB, reservedMemoryBytes: 3 * GIB };
  t.is(planTaskMemory(undefined, room), 1408 * MIB);
  t.is(planTaskMemory(2 * GIB, room), 2 * GIB + 384 * MIB);
  t.is(planTaskMemory(5 * GIB - 384 * MIB, room), 5 * GIB);
});

test('a driver that does not fit on its node is refused with the sum, and with what fits', (t) => {
  const room = { hostname: 'lab-1', memoryBytes: 4 * GIB, reservedMemoryBytes: 3 * GIB };
  const error = t.throws(() => planTaskMemory(undefined, room), { instanceOf: UsageError });
  t.is(
    error.message,
    'The driver does not fit on lab-1: 1g driver + 384m overhead = 1408m, and of its 4g are 3g reserved by services',
  );
  t.is(error.hint, '--driver-memory 640m fits; or wait for other jobs to end');
  t.is(
    t.throws(() => planTaskMemory(undefined, { ...room, reservedMemoryBytes: 4 * GIB - 800 * MIB }), {
      instanceOf: UsageError,
    }).hint,
    'wait for other jobs to end, or run it beside the master: --driver master',
  );
});
