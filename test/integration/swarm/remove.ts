import test from 'ava';

import { compareObjects, listObjects } from '../../helpers/docker-objects.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { objectsBefore } from './deploy.ts';

export function removeTests(): void {
  test.serial('remove leaves its data volumes, which it lists, and what is not ours', async (t) => {
    const { status, stdout, stderr } = await theCluster('spark').remove();
    t.is(status, 0, stderr);
    const { added, gone } = compareObjects(objectsBefore, await listObjects(theLab()));
    t.deepEqual(gone, []);
    t.true(added.length > 0 && added.every((line) => line.endsWith(' volume spark_data')), added.join('\n'));
    const [, kept = ''] = /^Kept \(--volumes removes them\): (.*)$/m.exec(stdout) ?? [];
    t.is(kept.split(', ').length, added.length, stdout);
  });

  test.serial('removing what is gone is no error', async (t) => {
    const { status, stdout, stderr } = await theCluster('spark').remove();
    t.is(status, 0, stderr);
    t.regex(stdout, /^No cluster named "spark": nothing to remove$/m);
  });

  test.serial('remove --volumes takes the data too, and nothing is left', async (t) => {
    const { status, stderr } = await theCluster('spark').remove('--volumes');
    t.is(status, 0, stderr);
    t.deepEqual(compareObjects(objectsBefore, await listObjects(theLab())), { added: [], gone: [] });
  });
}
