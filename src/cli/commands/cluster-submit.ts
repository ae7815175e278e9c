import type { Command } from 'commander';

import { parseClusterName } from '../../cluster/cluster-name.ts';
import { locateCluster } from '../../connections/locate-cluster.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addContextOption, addExamples } from '../options.ts';
import { parsePlatform } from './cluster-options.ts';
import { addSubmitOptions, runSubmit } from './submit.ts';

export function configureSubmit(command: Command, cli: CliContext): void {
  // Not a required flag for the parser: it may also stand among spark-submit's own.
  addContextOption(command)
    .option('-n, --name <name>', 'the cluster (must be given)', (text) => parseClusterName(text, '-n'))
    .option('-p, --platform <platform>', 'where the cluster is (default: where it is found)', parsePlatform);
  addSubmitOptions(command).usage('-n NAME [spark-submit options] APP [args…]');
  addExamples(command, [
    ['spark-swarm cluster submit -n demo --example pi 100', ''],
    ['spark-swarm cluster submit -n demo app.py --input /data/in', 'app.py of this folder is brought along'],
  ]);
  command.action(async (words: readonly string[]) =>
    runSubmit(cli, command, words, {
      // As in the other commands: neither the environment nor a project file names it.
      nameOf: ({ name }) => (command.getOptionValueSource('name') === 'cli' ? name : undefined),
      open: async (where) => (await locateCluster(surroundingsOf(cli), where)).connection,
    }),
  );
}
