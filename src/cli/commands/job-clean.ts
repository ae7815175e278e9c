import type { Command } from 'commander';

import { cleanJobs, type Cleaned } from '../../operations/jobs/clean.ts';
import { formatBytes, formatSize, parseDuration, parseSize } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { addDryRunOption, addExamples, addOutputOption, type DryRunOptions, type OutputOptions } from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { addJobPlaceOptions, withJobs, type JobPlaceOptions } from './job-options.ts';

interface CleanCommandOptions extends JobPlaceOptions, DryRunOptions {
  readonly olderThan?: number;
  readonly keep?: number;
  readonly maxSize?: number;
}

const DAY_MS = 24 * 3600 * 1000;
const DEFAULTS = { olderThanMs: 14 * DAY_MS, keepMs: DAY_MS, maxBytes: 4 * 1024 ** 3 };

/** `job clean`. */
export function configureClean(command: Command, cli: CliContext): void {
  addDryRunOption(addJobPlaceOptions(addOutputOption(command)))
    .description(
      'Deletes records of jobs that have ended, with their output, and event logs: what is older than 14 days, and above 4 GiB in all the oldest first. Never one that has not ended.',
    )
    .option('--older-than <duration>', 'delete what is older (default: 14d)', (text) =>
      parseDuration(text, '--older-than', { hasZero: true }),
    )
    .option('--keep <duration>', 'delete nothing that is younger (default: 1d)', (text) =>
      parseDuration(text, '--keep', { hasZero: true }),
    )
    .option('--max-size <size>', `how much all records may take (default: ${formatSize(DEFAULTS.maxBytes)})`, (text) =>
      parseSize(text, '--max-size'),
    );
  addExamples(command, [
    ['spark-swarm job clean --dry-run', 'what would go'],
    ['spark-swarm job clean --older-than 3d --keep 1h --max-size 500m', ''],
  ]);
  command.action(async ({ output, ...options }: CleanCommandOptions & OutputOptions) => {
    const { olderThan, keep, maxSize, dryRun = false } = options;
    const limits = {
      olderThanMs: olderThan ?? DEFAULTS.olderThanMs,
      keepMs: keep ?? DEFAULTS.keepMs,
      maxBytes: maxSize ?? DEFAULTS.maxBytes,
    };
    const cleaned = await withJobs(cli, options, async (jobs) => cleanJobs(jobs, { ...limits, dryRun }));
    await writeResult(cli, output, { ...cleaned, dryRun }, async () => formatCleaned(cleaned, { ...limits, dryRun }));
    for (const { folder, reason } of cleaned.refused) cli.stderr.write(`warning: ${folder} is kept: ${reason}\n`);
    if (cleaned.refused.length > 0) cli.exitStatus = 1;
  });
}

async function formatCleaned(
  { removed, eventLogs, freedBytes }: Cleaned,
  { dryRun, keepMs, olderThanMs }: { readonly dryRun: boolean; readonly keepMs: number; readonly olderThanMs: number },
): Promise<string> {
  if (removed.length + eventLogs.length === 0) {
    return keepMs > olderThanMs
      ? 'Nothing to delete: what is younger than a day is kept, or than --keep says'
      : 'Nothing to delete';
  }
  const rows = removed.map(({ id, name, state, bytes }) => [id, name, state, formatBytes(bytes)]);
  const logs = eventLogs.length === 1 ? '1 event log' : `${eventLogs.length} event logs`;
  const jobs = removed.length === 1 ? '1 job' : `${removed.length} jobs`;
  const sum = `${jobs}${eventLogs.length === 0 ? '' : ` and ${logs}`}, ${formatBytes(freedBytes)}`;
  const table = rows.length === 0 ? '' : `${await formatTable(['id', 'name', 'state', 'size'], rows)}\n`;
  return `${table}${dryRun ? 'would delete' : 'deleted'} ${sum}`;
}
