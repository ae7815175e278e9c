import path from 'node:path';

import test from 'ava';

import { projectRoot } from '../helpers/cli.ts';

interface TapReader {
  readonly take: (line: string) => void;
  readonly counts: () => { readonly passed: number; readonly skipped: number; readonly failures: readonly string[] };
}

interface TapModule {
  createTapReader(options: { readonly showPassed: boolean; readonly write: (line: string) => void }): TapReader;
}

/** What ava 7 printed for a run with one test of each kind. */
const OUTPUT = `TAP version 13
ok 1 - a passes
# a said this
not ok 2 - b fails
  ---
    message: why
  ...
ok 3 - c # SKIP
not ok 4 - d # TODO

1..4
# tests 3
# pass 1
# skip 1
# fail 1
`;

async function readTap(showPassed: boolean): Promise<{ readonly shown: readonly string[]; readonly counts: object }> {
  const { createTapReader } = (await import(path.join(projectRoot, 'scripts', 'tap.mjs'))) as TapModule;
  const shown: string[] = [];
  const reader = createTapReader({ showPassed, write: (line) => shown.push(line) });
  for (const line of OUTPUT.split('\n')) reader.take(line);
  return { shown, counts: reader.counts() };
}

const failure = ['not ok  b fails', '  ---', '    message: why', '  ...', 'ok  c # SKIP', 'not ok  d # TODO'];

test('failures are shown with what belongs to them, everything is counted, and what failed has its title', async (t) => {
  t.deepEqual(await readTap(false), { shown: failure, counts: { passed: 1, skipped: 2, failures: ['b fails'] } });
});

test('what passed is shown when asked for', async (t) => {
  t.deepEqual((await readTap(true)).shown, ['ok  a passes', '# a said this', ...failure]);
});
