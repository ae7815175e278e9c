import type { Command } from 'commander';

import { listWorkers, wantedWorkers } from '../../cluster/cluster.ts';
import { listEndpoints } from '../../cluster/endpoints.ts';
import { listAllClusters } from '../../connections/list-clusters.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addOutputOption,
  addProgressOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

export function configure(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(addContextOption(command))).description(
    'List the clusters of all docker contexts and labs of this machine, or of the one engine that is named.',
  );
  command.action(async (options: OutputOptions & ProgressOptions & { readonly context?: string }) => {
    const clusters = await withReporter(cli, options, async (report) =>
      listAllClusters(surroundingsOf(cli), { context: options.context, report }),
    );
    const rows = clusters.map(({ cluster, context }) => ({
      name: cluster.name,
      platform: cluster.platform,
      context,
      workers: wantedWorkers(cluster),
      runningWorkers: listWorkers(cluster).filter((worker) => worker.isRunning).length,
      image: cluster.services.find((service) => service.role === 'worker')?.image ?? '',
      master: listEndpoints(cluster).find(({ name }) => name === 'spark master')?.address ?? null,
    }));
    await writeResult(cli, options.output, { clusters: rows }, async () =>
      formatTable(
        ['name', 'platform', 'context', 'workers', 'image', 'master'],
        rows.map((row) => [
          row.name,
          row.platform,
          row.context,
          `${row.runningWorkers}/${row.workers}`,
          row.image,
          row.master ?? 'not published',
        ]),
      ),
    );
  });
}
