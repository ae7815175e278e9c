import type { Command } from 'commander';

import { assertPublic, exportMachines } from '../../connections/export-machines.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addContextOption, addExamples, addProgressOptions, parseChoice, type ProgressOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

const FORMATS = ['yaml', 'json'] as const;

interface ExportCommandOptions extends ProgressOptions {
  readonly context?: string;
  readonly output: (typeof FORMATS)[number];
}

/** `machines export`. */
export function configureExport(command: Command, cli: CliContext): void {
  addProgressOptions(addContextOption(command))
    .description(
      'Write what another operator needs to reach the machines: addresses, public host keys, the public certificate of the authority. No key and no token is in it: whoever imports it needs an ssh key, or a client certificate, of their own.',
    )
    .argument('[names...]', 'only these machines (default: all of the swarm)')
    .option(
      '-o, --output <format>',
      `form of the file: ${FORMATS.join(', ')}`,
      (text) => parseChoice(text, '--output', FORMATS),
      'yaml',
    );
  addExamples(command, [
    ['spark-swarm machines export > swarm.yaml', 'give this file to your colleague'],
    ['spark-swarm machines import swarm.yaml', 'what your colleague types'],
  ]);
  command.action(async (names: readonly string[], { context, output, ...options }: ExportCommandOptions) => {
    const handOver = await withReporter(cli, options, async (report) =>
      exportMachines(surroundingsOf(cli), { context, names, report }),
    );
    assertPublic(JSON.stringify(handOver));
    await writeResult(cli, output, handOver, () => '');
  });
}
