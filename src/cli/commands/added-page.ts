import { requireCluster } from '../../operations/require-cluster.ts';
import type { Platform } from '../../platforms/platform.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { withReporter } from '../reporter.ts';
import type { DeployCommandOptions } from './deploy-options.ts';

/**
 * Where the cluster is that gets a service beside its master, or loses it: the word promises no cluster.
 *
 * @param flag of `start` and `deploy`, for whoever has none yet
 * @throws NotFoundError if there is no such cluster
 */
export async function findPlatformKind(
  cli: CliContext,
  options: DeployCommandOptions,
  flag: '--history' | '--notebook',
): Promise<Platform['kind']> {
  return withReporter(cli, { quiet: true }, async (report) => {
    const connection = await connect(cli, { ...options, report });
    const hint = `spark-swarm start ${flag} --name ${options.name}, or deploy ${flag} on a swarm`;
    await requireCluster(connection, options.name, hint);
    return connection.platform.kind;
  });
}
