import test from 'ava';

import { TestCluster } from './cluster.ts';
import { TestLab } from './lab.ts';
import { PlainEngine } from './plain-engine.ts';

let lab: TestLab | undefined;
let engine: PlainEngine | undefined;

/** The lab of this test file. */
export function theLab(): TestLab {
  if (!lab) throw new Error('the lab did not come up');
  return lab;
}

/** On the swarm of the lab. */
export function theCluster(name: string): TestCluster {
  return new TestCluster(theLab(), name, 'swarm');
}

/** This machine's own engine, for this test file. */
export function theEngine(): PlainEngine {
  if (!engine) throw new Error('there is no engine');
  return engine;
}

/** Brings one lab up for all tests of the file and takes it away after them; what explains a failure is kept. */
export function useLab(nodes = 3): void {
  test.before(async (t) => {
    t.timeout(1_800_000);
    lab = await TestLab.start(nodes);
  });
  test.afterEach.always(async (t) => {
    if (!t.passed) await lab?.keepEvidence(t.title.replace(/^afterEach.always hook for /, ''));
  });
  test.after.always(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
}

/** Prepares this machine's engine for all tests of the file, and takes away what they have made. */
export function usePlainEngine(): void {
  test.before(async (t) => {
    t.timeout(1_800_000);
    engine = await PlainEngine.start();
  });
  test.afterEach.always(async (t) => {
    if (!t.passed) await engine?.keepEvidence(t.title.replace(/^afterEach.always hook for /, ''));
  });
  test.after.always(async () => {
    await engine?.[Symbol.asyncDispose]();
  });
}
