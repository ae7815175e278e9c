import type { Command } from 'commander';

import { openSwarmTarget, openSwarmTools } from '../../connections/swarm-tools.ts';
import { formatFindings, formatStatusHead, swarmTable } from '../../swarm/format-swarm.ts';
import { readSwarm } from '../../swarm/read-swarm.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

export function configureStatus(command: Command, cli: CliContext): void {
  addContextOption(addProgressOptions(addOutputOption(command)))
    .summary("show a swarm's nodes, and what is wrong with them")
    .description("Shows a swarm's nodes, and what is wrong with them. Ends with 1 if anything stands in the way.")
    .action(async (options: OutputOptions & ProgressOptions & { readonly context?: string }) => {
      const status = await withReporter(cli, options, async (report) => {
        const around = surroundingsOf(cli);
        const tools = await openSwarmTools(around, { report });
        return readSwarm(await openSwarmTarget(around, { context: options.context, report }), tools, {
          signal: cli.signal,
        });
      });
      await writeResult(cli, options.output, status, async () => {
        const { head, rows } = swarmTable(status.nodes);
        const table = status.nodes.length === 0 ? '' : `${await formatTable(head, rows)}\n`;
        return `${formatStatusHead(status)}${table}${formatFindings(status.findings)}`;
      });
      if (!status.healthy) cli.exitStatus = 1;
    });
  addExamples(command, [['spark-swarm swarm status -o json | jq .findings', 'for scripts']]);
}
