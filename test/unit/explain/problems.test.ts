import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { JOB_PROBLEMS, problemOf, riskOf } from '../../../src/explain/problems.ts';
import { projectRoot } from '../../helpers/cli.ts';

const page = readFileSync(path.join(projectRoot, 'docs/problems/jobs.md'), 'utf8');

for (const [id, title] of Object.entries(JOB_PROBLEMS)) {
  test(`the section of ${id} has its title`, (t) => {
    t.true(page.includes(`<a id="${id.toLowerCase()}"></a>\n\n## ${id} ${title}\n`));
  });
}

test('a problem stands in the way, a risk does not, and both lead to their section', (t) => {
  const text = { subject: 's', problem: 'p', proof: 'seen', fix: 'f' };
  t.deepEqual(problemOf('SS-J01', text), {
    id: 'SS-J01',
    severity: 'error',
    ...text,
    page: 'docs/problems/jobs.md#ss-j01',
  });
  t.is(riskOf('SS-J01', text).severity, 'warning');
});
