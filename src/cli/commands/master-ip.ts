import type { Command } from 'commander';

import { findMaster } from '../../cluster/cluster.ts';
import { InvalidStateError, NotFoundError, UnreachableError } from '../../errors.ts';
import { probeEndpoints } from '../../operations/probe-endpoints.ts';
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
      const found = await connection.platform.readCluster(options.name);
      const probed = found && (await probeEndpoints(connection, found));
      return { cluster: found, answering: probed?.answering.find(({ probe }) => probe !== undefined)?.probe };
    });
    if (!cluster) {
      throw new NotFoundError(`No cluster named "${options.name}"`, {
        hint: 'spark-swarm list shows them all; start or deploy makes one',
      });
    }
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
