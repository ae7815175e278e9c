import { stripVTControlCharacters } from 'node:util';

import test from 'ava';

import { confirm } from '../../../src/cli/ask.ts';
import { createReporter } from '../../../src/cli/reporter.ts';
import { ConflictError, InterruptedError } from '../../../src/errors.ts';
import { captureCli } from '../../helpers/cli.ts';

const QUESTION = 'Remove the cluster "spark"?';

test('--yes answers without asking', async (t) => {
  const { cli, written } = captureCli({ tty: true });
  await confirm(cli, QUESTION, { yes: true });
  t.deepEqual(written(), { stdout: '', stderr: '' });
});

test('without a terminal the answer has to be on the command line', async (t) => {
  const { cli } = captureCli();
  await t.throwsAsync(confirm(cli, QUESTION, { yes: undefined }), {
    instanceOf: ConflictError,
    message: 'There is no terminal to ask on: Remove the cluster "spark"?',
  });
});

test('on a terminal the question is asked on standard error, and yes goes on', async (t) => {
  const { cli, written } = captureCli({ tty: true, input: 'y' });
  await confirm(cli, QUESTION, { yes: undefined });
  t.is(written().stdout, '');
  t.true(stripVTControlCharacters(written().stderr).includes(QUESTION));
});

test('no changes nothing', async (t) => {
  const { cli } = captureCli({ tty: true, input: 'n' });
  await t.throwsAsync(confirm(cli, QUESTION, { yes: undefined }), {
    instanceOf: InterruptedError,
    message: 'Nothing was changed: the answer was no',
  });
});

test('a live list waits while a question is asked, and goes on below the answer', async (t) => {
  const { cli, written } = captureCli({ tty: true, input: 'y', env: { NO_COLOR: '1' } });
  const reporter = await createReporter(cli, {});
  reporter.report({ type: 'steps', steps: [{ id: 'remove', title: 'Take it away' }] });
  reporter.report({ type: 'step-started', id: 'remove' });
  await confirm(cli, QUESTION, { yes: undefined });
  reporter.report({ type: 'step-done', id: 'remove', durationMs: 5, detail: undefined });
  await reporter.close();
  const text = stripVTControlCharacters(written().stderr);
  t.true(text.indexOf(QUESTION) < text.lastIndexOf('Take it away  5 ms'));
});
