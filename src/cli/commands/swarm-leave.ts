import type { Command } from 'commander';

import { openSwarmTarget, openSwarmTools } from '../../connections/swarm-tools.ts';
import { formatLeft } from '../../swarm/format-swarm.ts';
import { leaveSwarm } from '../../swarm/leave-swarm.ts';
import { confirm } from '../ask.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addDryRunOption,
  addExamples,
  addLimitOption,
  addOutputOption,
  addProgressOptions,
  addYesOption,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
  type YesOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

type LeaveOptions = OutputOptions &
  ProgressOptions &
  YesOptions &
  DryRunOptions & { readonly context?: string; readonly force?: true; readonly timeout: number };

const DEFAULT_TIMEOUT_MS = 120_000;

export function configureLeave(command: Command, cli: CliContext): void {
  addDryRunOption(addYesOption(addContextOption(addProgressOptions(addOutputOption(command)))));
  addLimitOption(command, DEFAULT_TIMEOUT_MS)
    .summary('take a swarm apart, or nodes out of it')
    .description(
      'Takes a swarm of ours apart, or single nodes out of it. Machines and images stay; so does every node without a label of ours.',
    )
    .argument('[node...]', 'nodes, by name, id or machine (default: the whole swarm)')
    .option('--force', 'also while clusters are on it, and where engines do not answer')
    .action(async (nodes: readonly string[], options: LeaveOptions) => {
      const dryRun = options.dryRun ?? false;
      const left = await withReporter(cli, options, async (report) => {
        const around = surroundingsOf(cli);
        const tools = await openSwarmTools(around, { report });
        const target = await openSwarmTarget(around, { context: options.context, report });
        const request = {
          nodes,
          force: options.force ?? false,
          timeoutMs: options.timeout,
          dryRun,
          confirm: async (question: string) => confirm(cli, question, { yes: options.yes }),
        };
        return leaveSwarm(request, target, tools, { report, signal: cli.signal });
      });
      await writeResult(cli, options.output, { ...left, dryRun }, () => formatLeft(left, { dryRun }));
    });
  addExamples(command, [
    ['spark-swarm swarm leave', 'asks first; the machines are free again'],
    ['spark-swarm swarm leave node07', 'that node alone, after its tasks have ended'],
  ]);
}
