import type { Command } from 'commander';

import { findMaster } from '../../cluster/cluster.ts';
import { InvalidStateError, UnreachableError } from '../../errors.ts';
import { probeEndpoints } from '../../operations/probe-endpoints.ts';
import { requireCluster } from '../../operations/require-cluster.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addClusterOptions, addExamples, type ClusterOptions } from '../options.ts';
import { withReporter } from '../reporter.ts';

export function configure(command: Command, cli: CliContext): void {
  addClusterOptions(command).description(
    "Print the address of the master's node, on which its published ports answer, and nothing else.",
  );
  addExamples(command, [['ip=$(bin/get-master-ip)', 'exit status 1 when there is no running master']]);
  command.action(async (options: ClusterOptions) => {
    const { cluster, answering } = await withReporter(cli, {}, async (report) => {
      const connection = await connect(cli, { ...options, report });
      const hint = 'spark-swarm list shows them all; start or deploy makes one';
      const found = await requireCluster(connection, options.name, hint);
      const probed = await probeEndpoints(connection, found);
      return { cluster: found, answering: probed.answering.find(({ probe }) => probe !== undefined)?.probe };
    });
    const master = findMaster(cluster);
    if (!master?.isRunning || master.address === undefined) {
      throw new InvalidStateError(`The master of the cluster "${options.name}" does not run`, {
        hint: `spark-swarm status --name ${options.name}`,
      });
    }
    if (answering === undefined) {
      throw new UnreachableError(`No published port of the master answers at ${master.address} from this machine`, {
        hint: `spark-swarm status --name ${options.name}`,
      });
    }
    cli.stdout.write(`${answering.host}\n`);
  });
}
