import test from 'ava';

import { fine, found, passedOver, runChecks, type Check, type Outcome } from '../../../src/doctor/check.ts';
import { errorOf, noteOf, warningOf } from '../../../src/doctor/problems.ts';
import { InterruptedError, UnreachableError } from '../../../src/errors.ts';

const text = { subject: 'this machine', problem: 'p', proof: 'seen', fix: 'type' };

function check(id: string, run: (signal: AbortSignal) => Promise<Outcome>): Check<undefined> {
  return { id, group: 'machine', title: id, run: async (_, signal) => run(signal) };
}

const states: readonly (readonly [state: string, outcome: Outcome])[] = [
  ['ok', fine('3 of 3')],
  ['ok', found([], 'all')],
  ['skipped', passedOver('no swarm')],
  ['note', found([noteOf('SS-K03', text)])],
  ['warning', found([noteOf('SS-K03', text), warningOf('SS-E08', text)])],
  ['error', found([warningOf('SS-E08', text), errorOf('SS-E01', text)])],
];

for (const [state, outcome] of states) {
  test(`the state of a check is its worst finding: ${state} (${outcome.detail ?? outcome.findings.length})`, async (t) => {
    const [done] = await runChecks([check('a', async () => outcome)], undefined, {
      signal: new AbortController().signal,
    });
    t.is(done?.result.state, state as never);
    t.deepEqual(done?.findings, outcome.findings);
  });
}

test('all checks run at the same time, and one that hangs holds up nobody', async (t) => {
  const seen: string[] = [];
  let isTold = false;
  const hanging = check('hangs', async (signal) => {
    seen.push('hangs');
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        isTold = true;
        reject(new Error('too long'));
      });
    });
  });
  const quick = check('quick', async () => {
    seen.push('quick');
    return fine('1');
  });
  const done = await runChecks([hanging, quick], undefined, { signal: new AbortController().signal, limitMs: 50 });
  t.deepEqual(seen, ['hangs', 'quick']);
  t.like(done[0]?.result, { state: 'skipped', detail: 'not known: no answer within 0.05 s' });
  t.like(done[1]?.result, { state: 'ok', detail: '1' });
  t.true(isTold);
});

test('a check that cannot be done is skipped and says why; a bug is not hidden', async (t) => {
  const { signal } = new AbortController();
  const silent = check('a', async () => Promise.reject(new UnreachableError('Nobody answers\nmore')));
  const [done] = await runChecks([silent], undefined, { signal });
  t.like(done?.result, { state: 'skipped', detail: 'not known: Nobody answers' });
  const bug = check('b', async () => Promise.reject(new TypeError('x is undefined')));
  await t.throwsAsync(runChecks([bug], undefined, { signal }), { instanceOf: TypeError });
});

test('an interrupt ends it', async (t) => {
  const controller = new AbortController();
  const waiting = check('a', async (signal) => {
    controller.abort(new InterruptedError('Interrupted'));
    signal.throwIfAborted();
    return fine('');
  });
  await t.throwsAsync(runChecks([waiting], undefined, { signal: controller.signal }), { instanceOf: InterruptedError });
});
