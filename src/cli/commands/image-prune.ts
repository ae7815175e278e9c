import type { Command } from 'commander';

import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { findPruneEngines, type PruneEngines } from '../../connections/prune-engines.ts';
import type { EnginePrune } from '../../image/prune-plan.ts';
import type { PrunedEngine } from '../../image/prune-images.ts';
import { formatBytes } from '../../units.ts';
import { confirm } from '../ask.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addDryRunOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  addYesOption,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
  type YesOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { closeAll, shortId, type ContextOptions } from './image-engine.ts';

interface PruneOptions extends ContextOptions, OutputOptions, ProgressOptions, DryRunOptions, YesOptions {
  readonly all?: true;
}

/** `image prune`. */
export function configurePrune(command: Command, cli: CliContext): void {
  command
    .description(
      'Removes old images of ours from this engine and from the nodes of its swarm: those without a name, and those that another engine has a newer one of. Never one that a container, a service or a cluster has.',
    )
    .option('--all', 'also images with a name that nothing uses');
  addProgressOptions(addDryRunOption(addYesOption(addOutputOption(addContextOption(command)))));
  addExamples(command, [
    ['spark-swarm image prune --dry-run', 'what would go, and what that frees'],
    ['spark-swarm image prune --yes', ''],
    ['spark-swarm image prune --context spark-lab --all', "the lab's nodes alone; images that nothing uses, too"],
  ]);
  command.action(async (options: PruneOptions) => runPrune(options, cli));
}

async function runPrune(options: PruneOptions, cli: CliContext): Promise<void> {
  const { pruneImages, readPrune } = await import('../../image/prune-images.ts');
  let found: PruneEngines | undefined;
  try {
    await withReporter(cli, options, async (report) => {
      const around = surroundingsOf(cli);
      const { engines, managers, unreachable } = (found = await findPruneEngines(around, { ...options, report }));
      for (const line of unreachable) report({ type: 'warning', message: `nothing is removed from ${line}` });
      const plans = await readPrune(engines, { managers, all: options.all ?? false, signal: cli.signal });
      const count = plans.reduce((sum, { removals }) => sum + removals.length, 0);
      if (options.dryRun || count === 0) {
        const result = { engines: plans, unreachableNodes: unreachable };
        await writeResult(cli, options.output, result, async () => formatPlan(plans));
        return;
      }
      await confirm(cli, `${await formatPlan(plans)}\n${question(plans, count)}`, { yes: options.yes });
      const pruned = await pruneImages(plans, engines, { report, signal: cli.signal });
      const result = { engines: pruned, unreachableNodes: unreachable };
      await writeResult(cli, options.output, result, async () => formatPruned(pruned));
    });
  } finally {
    closeAll((found?.engines ?? []).map(({ api }): EngineApi => api));
  }
}

function question(plans: readonly EnginePrune[], count: number): string {
  const bytes = plans.reduce((sum, { freesAtLeastBytes }) => sum + freesAtLeastBytes, 0);
  return `Remove ${count === 1 ? 'this image' : `these ${count} images`}? It frees at least ${formatBytes(bytes)}`;
}

async function formatPlan(plans: readonly EnginePrune[]): Promise<string> {
  const rows = plans.flatMap(({ name, removals }) =>
    removals.map(({ id, names, reason, sizeBytes, uniqueBytes }) => [
      name,
      names.join(', ') || '(no name)',
      shortId(id),
      reason,
      formatBytes(sizeBytes),
      formatBytes(uniqueBytes),
    ]),
  );
  if (rows.length === 0) return 'There are no old images\n';
  return formatTable(['engine', 'image', 'id', 'why', 'size', 'its own'], rows);
}

async function formatPruned(pruned: readonly PrunedEngine[]): Promise<string> {
  const rows = pruned.map(({ name, removed, kept, freedBytes }) => [
    name,
    String(removed.length),
    String(kept.length),
    formatBytes(freedBytes),
  ]);
  return formatTable(['engine', 'removed', 'kept', 'freed'], rows);
}
