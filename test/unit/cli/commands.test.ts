import test from 'ava';

import { COMMANDS } from '../../../src/cli/command-table.ts';
import { runCli } from '../../helpers/cli.ts';

test('every command has a summary of its own', (t) => {
  const summaries = COMMANDS.map(({ summary }) => summary);
  t.is(new Set(summaries).size, summaries.length);
  t.deepEqual(
    summaries.filter((summary) => summary.trim() === '' || summary.endsWith('.')),
    [],
  );
});

for (const { words } of COMMANDS) {
  test(`"${words.join(' ')} --help" shows usage and exit statuses, and so do its subcommands`, async (t) => {
    const { status, stdout, stderr } = await runCli([...words, '--help']);
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    t.regex(stdout, new RegExp(`^Usage: spark-swarm ${words.join(' ')}\\b`));
    t.regex(stdout, /\nExit status:\n {2}0 {4}/);
    for (const subcommand of subcommandsIn(stdout)) {
      t.regex((await runCli([...words, subcommand, '--help'])).stdout, /\nExit status:\n/, subcommand);
    }
  });
}

function subcommandsIn(help: string): readonly string[] {
  const section = /\nCommands:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? '';
  return [...section.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
}
