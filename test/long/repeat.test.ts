import test from 'ava';

import { theCluster, useLab } from '../helpers/lab-tests.ts';

useLab();

test.serial('remove and deploy again works at once, five times in a row', async (t) => {
  const cluster = theCluster('again');
  t.is((await cluster.deploy()).status, 0);
  for (const round of [1, 2, 3, 4, 5]) {
    const removal = await cluster.remove();
    t.is(removal.status, 0, `round ${round}: ${removal.stderr}`);
    const { status, stderr, tookMs } = await cluster.deploy();
    t.is(status, 0, `round ${round}: ${stderr}`);
    t.log(
      `round ${round}: gone in ${Math.round(removal.tookMs / 100) / 10} s, ready in ${Math.round(tookMs / 100) / 10} s`,
    );
  }
  t.true((await cluster.status()).healthy);
});
