import test from 'ava';
import { Chalk } from 'chalk';

import { findingLines } from '../../../src/cli/finding-lines.ts';
import { shorten } from '../../../src/explain/evidence.ts';

const ESCAPE = '\u001B';

test('what a log holds paints nothing in the terminal', (t) => {
  const lines = findingLines(
    {
      id: 'SS-J04',
      severity: 'error',
      subject: `application ${ESCAPE}[2J`,
      problem: 'gets\u009B31m executors',
      proof: `a${ESCAPE}]0;title\u0007b`,
      fix: 'end it\r',
      page: 'docs/problems/jobs.md#ss-j04',
    },
    new Chalk({ level: 0 }),
  );
  t.deepEqual(lines, [
    'SS-J04 application  [2J: gets 31m executors',
    '  proof: a ]0;title b',
    '  fix:   end it ',
    '  page:  docs/problems/jobs.md#ss-j04',
  ]);
});

test('a quoted line of a log has one blank for its control characters', (t) => {
  t.is(shorten(`${ESCAPE}[31m java.lang.Error:\t\u0000 x${ESCAPE}`), '[31m java.lang.Error: x');
});
