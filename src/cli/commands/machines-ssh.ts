import type { Command } from 'commander';

import { quoteWord } from '../../jobs/quote-word.ts';
import { openNamedMachine } from '../../connections/open-machine.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addExamples } from '../options.ts';
import { withReporter } from '../reporter.ts';

interface SshOptions {
  readonly acceptNewHostKeys?: true;
}

/** `machines ssh`. */
export function configureSsh(command: Command, cli: CliContext): void {
  command
    .description(
      "Run a command on a machine, with this terminal's input and output, and end with the command's own exit status. Without a command: a login shell.",
    )
    .usage('[flags] NAME [-- command…]')
    .argument('<name>', 'a machine as "machines list" names it, or user@host[:port]')
    .argument('[command...]', 'one word is a line for the shell there; several are a program and its arguments')
    .option(
      '--accept-new-host-keys',
      'trust the key of a host that was never met; a changed key is refused all the same',
    )
    .passThroughOptions();
  addExamples(command, [
    ['spark-swarm machines ssh myvm1', 'a shell'],
    ['spark-swarm machines ssh web1 -- df -h /', "the command's exit status is passed on"],
    ["spark-swarm machines ssh root@10.0.0.4 -- 'cd /data && ls | wc -l'", 'a line for the shell there'],
  ]);
  command.action(async (name: string, words: readonly string[], options: SshOptions) => {
    const machine = await withReporter(cli, { quiet: true }, async (report) =>
      openNamedMachine(surroundingsOf(cli), name, {
        acceptNewHostKeys: options.acceptNewHostKeys ?? false,
        report,
      }),
    );
    await using _ = machine;
    // With flags passed on, commander leaves the `--` where it is.
    const argv = words[0] === '--' ? words.slice(1) : words;
    const line = argv.length === 1 ? argv : argv.length === 0 ? [] : [argv.map(quoteWord).join(' ')];
    cli.exitStatus = await machine.shell.attach(line, { signal: cli.signal });
  });
}
