import test from 'ava';

import { createColors } from '../../../../src/cli/colors.ts';
import { formatStatus } from '../../../../src/cli/commands/job-status.ts';
import type { DriverPlace, JobState } from '../../../../src/jobs/job.ts';
import { CAUSE } from '../../../helpers/explain-readings.ts';
import { endedJob } from '../../../helpers/local-jobs.ts';

const colors = createColors({ NO_COLOR: '1' }, process.stdout);

test('of a failure that nobody can explain the way to its last words is shown', async (t) => {
  const view = await endedJob('echo wrong >&2; exit 3');
  const { id } = view.spec;
  const status = `job ${id}: DONEWITHERROR after 1.5 s: exit 3`;
  t.is(formatStatus(view, [], { colors }), `${status}\nhint: spark-swarm job logs --tail 20 --name spark ${id}`);
  const away = { ...view, spec: { ...view.spec, driver: 'ssh://ada@edge' as DriverPlace } };
  t.is(
    formatStatus(away, [], { colors, context: 'lab' }),
    `${status}\nhint: spark-swarm job logs --tail 20 --name spark --context lab --driver ssh://ada@edge ${id}`,
  );
});

test('where there is a cause, nothing was printed, or nothing is wrong, there is no such hint', async (t) => {
  const view = await endedJob('echo wrong >&2; exit 3');
  t.false(formatStatus(view, [CAUSE], { colors }).includes('hint:'));
  t.false(formatStatus({ ...view, bytes: { stdout: 0, stderr: 0 } }, [], { colors }).includes('hint:'));
  for (const state of ['SUCCEEDED', 'KILLED', 'RUNNING'] satisfies JobState[])
    t.false(formatStatus({ ...view, state }, [], { colors }).includes('hint:'));
});
