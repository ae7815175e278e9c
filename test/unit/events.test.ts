import test from 'ava';

import { runSteps, silent, skipped, type FlowStep, type ProgressEvent } from '../../src/events.ts';

const never = new AbortController().signal;

/** Events of a flow, with durations that no two runs share made 0. */
async function eventsOf(
  steps: readonly FlowStep[],
  signal: AbortSignal = never,
): Promise<{ readonly events: readonly ProgressEvent[]; readonly thrown: unknown }> {
  const events: ProgressEvent[] = [];
  const report = (event: ProgressEvent): void => {
    events.push('durationMs' in event ? { ...event, durationMs: 0 } : event);
  };
  const thrown = await runSteps(steps, report, signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { events, thrown };
}

const step = (id: string, run: FlowStep['run'] = async () => undefined): FlowStep => ({ id, title: `Do ${id}`, run });

test('steps are announced, then run one after the other', async (t) => {
  const { events, thrown } = await eventsOf([
    step('one', async ({ progress }) => {
      progress('half');
      return 'two nodes';
    }),
    step('two', async () => skipped('it is there')),
    step('three'),
  ]);
  t.is(thrown, undefined);
  t.deepEqual(events, [
    {
      type: 'steps',
      steps: [
        { id: 'one', title: 'Do one' },
        { id: 'two', title: 'Do two' },
        { id: 'three', title: 'Do three' },
      ],
    },
    { type: 'step-started', id: 'one' },
    { type: 'step-progress', id: 'one', detail: 'half' },
    { type: 'step-done', id: 'one', durationMs: 0, detail: 'two nodes' },
    { type: 'step-started', id: 'two' },
    { type: 'step-skipped', id: 'two', reason: 'it is there' },
    { type: 'step-started', id: 'three' },
    { type: 'step-done', id: 'three', durationMs: 0, detail: undefined },
  ]);
});

test('the first step that throws ends the flow, and its error comes out unchanged', async (t) => {
  const error = new Error('no\nmore');
  const { events, thrown } = await eventsOf([step('one', () => Promise.reject(error)), step('two')]);
  t.is(thrown, error);
  t.deepEqual(events.slice(1), [
    { type: 'step-started', id: 'one' },
    { type: 'step-failed', id: 'one', durationMs: 0, message: 'no' },
  ]);
});

test('an aborted flow stops between two steps with the reason of the signal', async (t) => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const { events, thrown } = await eventsOf(
    [step('one', async () => controller.abort(reason)), step('two')],
    controller.signal,
  );
  t.is(thrown, reason);
  t.deepEqual(
    events.slice(1).map(({ type }) => type),
    ['step-started', 'step-done'],
  );
});

test('a step gets the signal of its flow', async (t) => {
  const { signal } = new AbortController();
  await eventsOf([step('one', async (context) => void t.is(context.signal, signal))], signal);
});

test('what is thrown without being an Error is reported as its text', async (t) => {
  // eslint-disable-next-line typescript/prefer-promise-reject-errors -- that is the case
  const { events } = await eventsOf([step('one', () => Promise.reject('text'))]);
  t.like(events.at(-1), { type: 'step-failed', message: 'text' });
});

test('the silent report takes everything and keeps nothing', (t) => {
  t.is(silent({ type: 'note', message: 'x' }), undefined);
});
