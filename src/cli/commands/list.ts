import type { Command } from 'commander';

import { listWorkers, wantedWorkers } from '../../cluster/cluster.ts';
import { listEndpoints } from '../../cluster/endpoints.ts';
import { connect } from '../connect.ts';
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
  addProgressOptions(addOutputOption(addContextOption(command))).description('List the clusters of the swarm.');
  command.action(async (options: OutputOptions & ProgressOptions & { readonly context?: string }) => {
    const clusters = await withReporter(cli, options, async (report) =>
      (await connect(cli, { ...options, report })).platform.listClusters(),
    );
    const rows = clusters.map((cluster) => ({
      name: cluster.name,
      platform: cluster.platform,
      workers: wantedWorkers(cluster),
      runningWorkers: listWorkers(cluster).filter((worker) => worker.isRunning).length,
      image: cluster.services.find((service) => service.role === 'worker')?.image ?? '',
      master: listEndpoints(cluster).find(({ name }) => name === 'spark master')?.address ?? null,
    }));
    await writeResult(cli, options.output, { clusters: rows }, async () =>
      formatTable(
        ['name', 'platform', 'workers', 'image', 'master'],
        rows.map((row) => [
          row.name,
          row.platform,
          `${row.runningWorkers}/${row.workers}`,
          row.image,
          row.master ?? 'not published',
        ]),
      ),
    );
  });
}
