import test from 'ava';

import { checkArchive, type FileEnds } from '../../../src/jobs/check-archive.ts';
import { jobTools, planWords, WHOLE_ZIP, zipEnds } from '../../helpers/job-tools.ts';

const ENTRY = Buffer.from('PK\u0003\u0004 the rest of an entry');
const END = Buffer.from(WHOLE_ZIP.tail);
const of = (...parts: readonly Buffer[]): FileEnds => zipEnds(Buffer.concat(parts));
const messages = (ends: FileEnds, path = 'app.jar'): readonly string[] =>
  checkArchive(path, ends).map(({ message }) => message);

test('a whole zip is fine: with entries, without, with a comment, with a script before it', (t) => {
  for (const ends of [
    of(ENTRY, END),
    of(END),
    of(ENTRY, END, Buffer.from('a comment')),
    of(Buffer.from('#!/bin/sh\n'), ENTRY, END),
  ])
    t.deepEqual(messages(ends), []);
});

test('J51: a damaged jar is refused', (t) => {
  t.deepEqual(messages(of()), ['app.jar is empty: it has 0 bytes']);
  t.deepEqual(messages(of(ENTRY)), ['app.jar is cut off: it has 25 bytes, and the end of a zip file is missing']);
  t.deepEqual(messages(of(ENTRY, END.subarray(0, 10))), [
    'app.jar is cut off: it has 35 bytes, and the end of a zip file is missing',
  ]);
  t.deepEqual(messages(of(Buffer.from('<html>'))), ['app.jar is no jar: it does not begin as a zip file does']);
  t.deepEqual(messages(of(Buffer.from('P')), 'deps.zip'), ['deps.zip is no zip: it does not begin as a zip file does']);
});

test('J51: it is refused before anything is sent, as application, lib or option; --no-check sends it', async (t) => {
  const tools = jobTools(['app.jar', 'app.py', 'bad.jar'], {
    readEnds: async (path) => Promise.resolve(path === 'bad.jar' ? of(ENTRY) : WHOLE_ZIP),
  });
  const message = 'bad.jar is cut off: it has 25 bytes, and the end of a zip file is missing';
  for (const words of [
    ['--class', 'M', 'bad.jar'],
    ['--jars', 'bad.jar', 'app.py'],
    ['--class', 'M', '--jars', 'app.py,bad.jar', 'app.jar'],
  ]) {
    const error = await t.throwsAsync(planWords(words, {}, tools), { message });
    t.like(error, { exitCode: 2, hint: 'build or copy it again; --no-check sends it as it is' });
    t.truthy(await planWords(words, { check: false }, tools));
  }
  await t.throwsAsync(planWords(['app.py'], { lib: ['bad.jar'] }, tools), { message });
});
