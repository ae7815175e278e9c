import test from 'ava';

import { theCluster } from '../../helpers/lab-tests.ts';

export function featureTests(): void {
  test.serial('pandas UDFs, parquet, SQL and MLlib work, with executors on two nodes', async (t) => {
    const { status, stdout, stderr } = await theCluster('spark').submit(['test/jobs/features.py']);
    t.is(status, 0, stderr);
    t.regex(stdout, /^features ok [0-9]+ checks: spark /m);
  });
}
