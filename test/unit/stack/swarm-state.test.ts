import test from 'ava';

import { roleOfMasterNodes } from '../../../src/stack/swarm-state.ts';
import { swarmNode } from '../../helpers/builders.ts';

const MANAGER = swarmNode('a', { role: 'manager', availability: 'active' });
const DRAINED = swarmNode('b', { role: 'manager', availability: 'drain' });
const WORKER = swarmNode('c', { role: 'worker', availability: 'active' });

test('masters run on managers as long as one of them runs tasks', (t) => {
  t.is(roleOfMasterNodes([MANAGER, WORKER]), 'manager');
  t.is(roleOfMasterNodes([MANAGER, DRAINED, WORKER]), 'manager');
});

test('where all managers are drained masters run on workers', (t) => {
  t.is(roleOfMasterNodes([DRAINED, WORKER]), 'worker');
});

test('without a worker that runs tasks a master has nowhere else to go', (t) => {
  t.is(roleOfMasterNodes([DRAINED]), 'manager');
  t.is(roleOfMasterNodes([DRAINED, { ...WORKER, state: 'down' }]), 'manager');
  t.is(roleOfMasterNodes([DRAINED, { ...WORKER, availability: 'pause' }]), 'manager');
});
