import test from 'ava';

import { parseSpecLine, recordName, specLine } from '../../../src/jobs/job-record.ts';
import { jobTools, planWords } from '../../helpers/job-tools.ts';

test('a spec is one line, and comes back as it was', async (t) => {
  const { spec } = await planWords(['app.py', 'a\nb', '"', "'"], {}, jobTools(['app.py']));
  const line = specLine(spec);
  t.is(line.indexOf('\n'), line.length - 1);
  t.deepEqual(parseSpecLine(line), spec);
  t.is(recordName(spec), 'app-1a2b3c4d5e6f');
});

test('what is damaged, cut off, or of another version is no spec', async (t) => {
  const { spec } = await planWords(['app.py'], {}, jobTools(['app.py']));
  for (const text of [
    '',
    'null',
    '[]',
    '3',
    specLine(spec).slice(0, 80),
    JSON.stringify({ ...spec, schemaVersion: 2 }),
    JSON.stringify({ ...spec, argv: 'x' }),
  ])
    t.is(parseSpecLine(text), undefined);
});
