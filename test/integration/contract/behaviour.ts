import test, { type ExecutionContext } from 'ava';

import type { TestCluster } from '../../helpers/cluster.ts';

/** A platform, as the contract sees it. */
export interface Stand {
  /** The same key is the same cluster. */
  cluster(key: string): TestCluster;
  /** Every object of Docker's that a cluster could touch, one line each. */
  listObjects(): Promise<readonly string[]>;
}

/** What every platform does. The stand is asked for when the test runs, because its place is made before that. */
export interface Behaviour {
  readonly title: string;
  readonly run: (t: ExecutionContext, stand: Stand) => Promise<void>;
}

/** Makes tests of a table of behaviours, in their order: one may build on what the one before has left. */
export function runBehaviours(behaviours: readonly Behaviour[], stand: () => Stand): void {
  for (const { title, run } of behaviours) {
    test.serial(title, async (t) => {
      await run(t, stand());
    });
  }
}
