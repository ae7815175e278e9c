import path from 'node:path';

import test from 'ava';

import { projectRoot } from '../helpers/cli.ts';

interface LanesModule {
  runInLanes(
    files: readonly string[],
    options: {
      readonly lanes: number;
      readonly isAlone: (file: string) => boolean;
      readonly run: (file: string) => Promise<void>;
    },
  ): Promise<void>;
}

/** What ran at the same time, at each start. */
async function startsOf(files: readonly string[], lanes: number): Promise<readonly string[]> {
  const { runInLanes } = (await import(path.join(projectRoot, 'scripts', 'lanes.mjs'))) as LanesModule;
  const running = new Set<string>();
  const starts: string[] = [];
  await runInLanes(files, {
    lanes,
    isAlone: (file) => file.startsWith('image'),
    run: async (file) => {
      running.add(file);
      starts.push([...running].join(' '));
      await new Promise(setImmediate);
      running.delete(file);
    },
  });
  return starts;
}

test('files run side by side, in their order, and each once', async (t) => {
  t.deepEqual(await startsOf(['a', 'b', 'c', 'd'], 2), ['a', 'a b', 'b c', 'c d']);
});

test('in one lane they run one after the other', async (t) => {
  t.deepEqual(await startsOf(['a', 'b'], 1), ['a', 'b']);
});

test('of those that change images of the engine one runs at a time, beside the others', async (t) => {
  t.deepEqual(await startsOf(['image-a', 'image-b', 'c', 'image-d'], 2), [
    'image-a',
    'image-a c',
    'c image-b',
    'image-d',
  ]);
});
