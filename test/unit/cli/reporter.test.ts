import { stripVTControlCharacters } from 'node:util';

import test from 'ava';

import type { ProgressOptions } from '../../../src/cli/options.ts';
import { createPlainFormatter } from '../../../src/cli/reporter-plain.ts';
import { createReporter, withReporter } from '../../../src/cli/reporter.ts';
import type { ProgressEvent } from '../../../src/events.ts';
import { captureCli } from '../../helpers/cli.ts';

const steps: ProgressEvent = {
  type: 'steps',
  steps: [
    { id: 'lab', title: 'Start the lab' },
    { id: 'image', title: 'Build the image' },
    { id: 'deploy', title: 'Deploy' },
  ],
};

/** A flow with a flow inside, a skipped step, a note and a warning. */
const events: readonly ProgressEvent[] = [
  steps,
  { type: 'step-started', id: 'lab' },
  { type: 'step-skipped', id: 'lab', reason: '3 nodes are up' },
  { type: 'step-started', id: 'image' },
  {
    type: 'steps',
    steps: [
      { id: 'base', title: 'Base' },
      { id: 'spark', title: 'Spark' },
    ],
  },
  { type: 'step-started', id: 'base' },
  { type: 'step-done', id: 'base', durationMs: 1200, detail: undefined },
  { type: 'note', message: 'The network is slow' },
  { type: 'step-started', id: 'spark' },
  { type: 'step-progress', id: 'spark', detail: '300 MB of 470 MB' },
  { type: 'step-done', id: 'spark', durationMs: 61_000, detail: undefined },
  { type: 'step-done', id: 'image', durationMs: 62_300, detail: '853 MB' },
  { type: 'warning', message: 'Ports listen everywhere' },
];

const failure: readonly ProgressEvent[] = [
  { type: 'step-started', id: 'deploy' },
  { type: 'step-failed', id: 'deploy', durationMs: 340, message: 'no such image' },
];

async function reported(
  given: readonly ProgressEvent[],
  options: ProgressOptions & { readonly tty?: boolean },
): Promise<string> {
  const { cli, written } = captureCli({ tty: options.tty ?? false, env: { NO_COLOR: '1' } });
  const reporter = await createReporter(cli, options);
  for (const event of given) reporter.report(event);
  await reporter.close();
  refuseOutput(written().stdout);
  return written().stderr;
}

function refuseOutput(stdout: string): void {
  if (stdout !== '') throw new Error(`Progress belongs on standard error; on standard output is ${stdout}`);
}

test('without a terminal each event is one line', async (t) => {
  t.is(
    await reported([...events, ...failure], {}),
    [
      '[1/3] Start the lab',
      '[1/3] Start the lab: nothing to do, 3 nodes are up',
      '[2/3] Build the image',
      '[2/3 1/2] Base',
      '[2/3 1/2] Base: done in 1.2 s',
      'The network is slow',
      '[2/3 2/2] Spark',
      '[2/3 2/2] Spark: 300 MB of 470 MB',
      '[2/3 2/2] Spark: done in 1 min 1 s',
      '[2/3] Build the image: done in 1 min 2 s (853 MB)',
      'warning: Ports listen everywhere',
      '[3/3] Deploy',
      '[3/3] Deploy: failed after 340 ms: no such image',
      '',
    ].join('\n'),
  );
});

test('progress is a line only when it is new and 2 s have passed; with --verbose whenever it is new', (t) => {
  const details: readonly (readonly [at: number, detail: string])[] = [
    [0, 'a'],
    [100, 'b'],
    [1999, 'c'],
    [2000, 'd'],
    [5000, 'd'],
    [5001, 'e'],
  ];
  const lines = (verbose: boolean): readonly string[] => {
    let now = 0;
    const format = createPlainFormatter({ verbose, now: () => now });
    format(steps);
    format({ type: 'step-started', id: 'image' });
    return details.flatMap(([at, detail]) => {
      now = at;
      return format({ type: 'step-progress', id: 'image', detail })?.split(': ')[1] ?? [];
    });
  };
  t.deepEqual(lines(false), ['a', 'd', 'e']);
  t.deepEqual(lines(true), ['a', 'b', 'c', 'd', 'e']);
});

test('a flow after another takes its place, and a step nobody announced is shown under its own name', (t) => {
  const format = createPlainFormatter({ verbose: false, now: () => 0 });
  for (const id of ['one', 'two']) {
    format({ type: 'steps', steps: [{ id, title: `Do ${id}` }] });
    t.is(format({ type: 'step-started', id }), `[1/1] Do ${id}`);
    t.is(format({ type: 'step-done', id, durationMs: 1, detail: undefined }), `[1/1] Do ${id}: done in 1 ms`);
  }
  t.is(format({ type: 'step-started', id: 'surprise' }), 'surprise');
});

test('--quiet leaves the warnings', async (t) => {
  t.is(await reported(events, { quiet: true }), 'warning: Ports listen everywhere\n');
});

test('--events gives every event as one JSON line, with its time', async (t) => {
  const lines = (await reported(events, { events: true, tty: true })).trimEnd().split('\n');
  t.is(lines.length, events.length);
  t.deepEqual(Object.keys(JSON.parse(lines[0] ?? '') as object), ['time', 'type', 'steps']);
});

test('--verbose gives lines on a terminal, too', async (t) => {
  t.regex(await reported(events, { verbose: true, tty: true }), /^\[1\/3\] Start the lab\n/);
});

const CURSOR_UP = '\u001B[1A';

/** What stays on the terminal: all that is written after the live list has been wiped for the last time. */
function endState(written: string): string {
  return stripVTControlCharacters(written.slice(written.lastIndexOf(CURSOR_UP) + CURSOR_UP.length));
}

test('on a terminal the list of steps stays, with times, notes and warnings', async (t) => {
  const text = await reported(
    [
      ...events,
      { type: 'step-started', id: 'deploy' },
      { type: 'step-done', id: 'deploy', durationMs: 9300, detail: '2 workers' },
    ],
    { tty: true },
  );
  t.snapshot(endState(text));
});

test('on a terminal a failed step is marked, and so are those after it', async (t) => {
  const started: readonly ProgressEvent[] = [
    steps,
    { type: 'step-started', id: 'lab' },
    { type: 'step-failed', id: 'lab', durationMs: 340, message: 'no such image' },
  ];
  t.snapshot(endState(await reported(started, { tty: true })));
});

test('the terminal is given back when the work throws', async (t) => {
  const { cli, written } = captureCli({ tty: true });
  const failing = withReporter(cli, {}, async (report) => {
    report(steps);
    report({ type: 'step-started', id: 'lab' });
    throw new Error('out of the blue');
  });
  await t.throwsAsync(failing, { message: 'out of the blue' });
  t.true(written().stderr.endsWith('\u001B[?25h'), 'the cursor is shown again');
});
