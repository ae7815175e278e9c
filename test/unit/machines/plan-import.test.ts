import test from 'ava';

import { ConflictError, UsageError } from '../../../src/errors.ts';
import type { HandOver } from '../../../src/machines/hand-over.ts';
import type { Inventory } from '../../../src/machines/inventory.ts';
import { machineContextName, readMachineName, readSwarmName } from '../../../src/machines/machine-context.ts';
import { refuseForeignContexts, wantedContexts } from '../../../src/machines/plan-import.ts';

const inventory = (handOver?: HandOver): Inventory => ({
  format: handOver ? 'hand-over' : 'plain',
  hosts: [{ name: 'web1', address: { user: 'root', host: '10.0.0.4', port: 22 } }],
  handOver,
  notes: [],
});

const HAND_OVER: HandOver = {
  schemaVersion: 1,
  kind: 'spark-swarm-machines',
  swarm: { name: 'demo', engine: 'tcp://10.0.0.4:2376', certificateAuthority: 'PEM' },
  machines: [],
};

test('each host of a list becomes a docker context', (t) => {
  t.deepEqual(wantedContexts(inventory(), undefined), [
    {
      name: 'spark-machine-web1',
      description: 'spark-swarm machine "web1"',
      host: 'ssh://root@10.0.0.4:22',
      certificateAuthority: undefined,
      meaning: 'the machine web1',
    },
  ]);
});

test('a swarm that is handed over becomes one docker context, also under another name', (t) => {
  const wanted = {
    name: 'spark-demo',
    description: 'spark-swarm swarm "demo"',
    host: 'tcp://10.0.0.4:2376',
    certificateAuthority: 'PEM',
    meaning: 'the swarm "demo"',
  };
  t.deepEqual(wantedContexts(inventory(HAND_OVER), undefined), [wanted]);
  t.deepEqual(wantedContexts(inventory(HAND_OVER), 'mine'), [
    { ...wanted, name: 'spark-mine', description: 'spark-swarm swarm "mine"' },
  ]);
});

test('a list has no swarm that could be named', (t) => {
  t.throws(() => wantedContexts(inventory(), 'mine'), {
    instanceOf: UsageError,
    message: '--name: got "mine"; expected a file in which there is a swarm to be named',
  });
});

test('a context that is not of this import is left alone', (t) => {
  const wanted = wantedContexts(inventory(HAND_OVER), undefined);
  const context = { name: 'spark-demo', host: 'unix:///x' };
  t.notThrows(() => refuseForeignContexts(wanted, [{ ...context, description: 'spark-swarm swarm "demo"' }]));
  const error = t.throws(() => refuseForeignContexts(wanted, [{ ...context, description: 'mine' }]), {
    instanceOf: ConflictError,
    message: 'Cannot import: the docker context "spark-demo" is there and not of this import',
  });
  t.is(error?.hint, '--name imports a swarm under another name; or remove it (docker context rm spark-demo)');
});

test('descriptions of contexts are read back', (t) => {
  t.is(machineContextName('fe80::1%eth0'), 'spark-machine-fe80--1-eth0');
  t.is(readMachineName('spark-swarm machine "fe80::1"'), 'fe80::1');
  t.is(readMachineName('spark-swarm lab "lab"'), undefined);
  t.is(readSwarmName('spark-swarm lab "lab"'), 'lab');
  t.is(readSwarmName('spark-swarm swarm "demo"'), 'demo');
  t.is(readSwarmName('spark-swarm machine "demo"'), undefined);
});
