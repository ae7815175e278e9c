import test from 'ava';

import { needsLook } from '../../../src/explain/needs-look.ts';
import { application, MIB } from '../../helpers/builders.ts';

const page = (...states: readonly string[]): Parameters<typeof needsLook>[1] => ({
  coresAsked: undefined,
  coresGranted: 2,
  executors: states.map((state, id) => ({ id, workerId: 'w', cores: 1, memoryMib: 512, state })),
});

test('containers are looked into where the master itself gives a reason', (t) => {
  t.false(needsLook(application('a'), undefined));
  t.false(needsLook(application('a'), page('RUNNING', 'KILLED', 'LAUNCHING', 'DECOMMISSIONED')));
  t.true(needsLook(application('a', { cores: 0 }), undefined));
  t.true(needsLook(application('a', { memoryPerExecutorBytes: 449 * MIB }), undefined));
  for (const state of ['EXITED', 'FAILED', 'LOST']) t.true(needsLook(application('a'), page('RUNNING', state)));
});
