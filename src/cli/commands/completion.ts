import { createRequire } from 'node:module';
import path from 'node:path';

import type { Command } from 'commander';

import { formatShellScript, SHELLS } from '../completion/shell-scripts.ts';
import type { CliContext } from '../context.ts';
import { addExamples, parseChoice } from '../options.ts';

export function configure(command: Command, cli: CliContext): void {
  command
    .description(
      'Prints the script by which a shell completes commands, flags, and names of clusters, contexts and labs. It covers the launchers too.',
    )
    .argument('<shell>', SHELLS.join(', '), (text) => parseChoice(text, 'SHELL', SHELLS));
  addExamples(command, [
    ['source <(spark-swarm completion bash)', 'in ~/.bashrc'],
    ['source <(spark-swarm completion zsh)', 'in ~/.zshrc, after compinit'],
    ['spark-swarm completion fish | source', 'in ~/.config/fish/config.fish'],
  ]);
  command.action((shell: (typeof SHELLS)[number]) => {
    const { projectRoot } = cli;
    const { bin } = createRequire(import.meta.url)(path.join(projectRoot, 'package.json')) as {
      readonly bin: Readonly<Record<string, string>>;
    };
    const executable = path.join(projectRoot, 'bin', 'spark-swarm');
    cli.stdout.write(formatShellScript(shell, { executable, names: Object.keys(bin) }));
  });
}
