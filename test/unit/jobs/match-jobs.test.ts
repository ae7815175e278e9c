import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { matchJobs, parseJobText } from '../../../src/jobs/match-jobs.ts';
import type { JobStatus } from '../../../src/jobs/job.ts';

const job = (id: string, process?: string): JobStatus =>
  ({ spec: { id, name: 'pi' }, state: 'RUNNING', reason: '', process }) as unknown as JobStatus;

const JOBS = [job('abcdef012345', '7@host'), job('abc000000000', '9@host'), job('123456789012', '7@host')];
const found = (text: string): string | undefined => matchJobs(JOBS, parseJobText(text))?.spec.id;

test('a job is found by its id, by the beginning that no other has, by its folder, and by its process', (t) => {
  t.is(found('abcdef012345'), 'abcdef012345');
  t.is(found('pi-abcdef012345'), 'abcdef012345');
  t.is(found('abcd'), 'abcdef012345');
  t.is(found('12'), '123456789012');
  t.is(found('9@host'), 'abc000000000');
  t.is(found('7@host'), 'abcdef012345', 'the newer one');
});

test('what fits none is not found', (t) => {
  for (const text of ['ffffffffffff', 'ff', '8@host', '7@other']) t.is(found(text), undefined, text);
});

test('the beginning of several ids is asked back, with the ids', (t) => {
  t.throws(() => found('abc'), {
    instanceOf: UsageError,
    message: 'JOB: got "abc", which 2 jobs begin with; expected more of it: abcdef012345, abc000000000',
  });
});

test('what names no job is refused', (t) => {
  for (const text of ['', 'a', 'ABCDEF012345', '../../etc', '0@host', '7@', 'abcdef0123456', '$(id)'])
    t.throws(() => parseJobText(text), { instanceOf: UsageError }, text);
});
