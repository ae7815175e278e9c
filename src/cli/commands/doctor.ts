import type { Command } from 'commander';

import { runDoctor } from '../../connections/run-doctor.ts';
import { UsageError } from '../../errors.ts';
import { createColors } from '../colors.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { formatDoctor } from '../doctor-report.ts';
import {
  addContextOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

interface DoctorFlags extends OutputOptions, ProgressOptions {
  readonly context?: string;
  readonly overlay: boolean;
  readonly throughput?: true;
}

export function configure(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(addContextOption(command)))
    .description(
      'Looks at this machine, the docker context, the swarm with the network between its nodes, and the clusters. Ends with ' +
        '1 if anything stands in the way, also when no engine answers; warnings and notes do not.',
    )
    .option('--no-overlay', 'do not measure the network between the nodes (a network and a container on each, for 5 s)')
    .option('--throughput', 'also measure how many bytes a second pass between each two nodes (64 MiB each way)');
  addExamples(command, [
    ['spark-swarm doctor', 'every check, with what to type about what is wrong'],
    ['spark-swarm doctor --context spark-lab --throughput', 'the network of a lab, too'],
    ["spark-swarm doctor -o json | jq -r '.findings[] | .id, .fix'", 'for scripts'],
  ]);
  command.action(async (options: DoctorFlags) => {
    if (options.throughput && !options.overlay) {
      throw new UsageError('--throughput: it is measured together with the network, which --no-overlay leaves out', {
        hint: 'leave one of the two flags out',
      });
    }
    const { context, overlay, throughput = false } = options;
    const result = await withReporter(cli, options, async (report) =>
      runDoctor(surroundingsOf(cli), { context, overlay, throughput, report }),
    );
    await writeResult(cli, options.output, result, () => formatDoctor(result, createColors(cli.env, cli.stdout)));
    if (!result.healthy) cli.exitStatus = 1;
  });
}
