import { openLabTools } from '../../adapters/labs/lab-tools.ts';
import { LocalShell } from '../../adapters/shell/local-shell.ts';
import { DEFAULT_CLUSTER_NAME } from '../../cluster/cluster-name.ts';
import { downLab } from '../../lab/down-lab.ts';
import { formatLabDown } from '../../lab/format-lab.ts';
import { labObjectName } from '../../lab/lab-names.ts';
import { describeWork, findRunningWork, isIdle } from '../../operations/running-work.ts';
import { confirm } from '../ask.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { withReporter } from '../reporter.ts';
import type { ProgressOptions, YesOptions } from '../options.ts';

/** Takes away what a quickstart made: the lab with everything on its nodes, and its docker context. */
export async function removeQuickstart(
  cli: CliContext,
  options: ProgressOptions & YesOptions & { readonly lab: string },
): Promise<void> {
  if (!options.yes) await askIfBusy(cli, options.lab);
  const tools = await openLabTools({
    context: undefined,
    env: cli.env,
    shell: new LocalShell(),
    projectRoot: cli.projectRoot,
  });
  const result = await withReporter(cli, options, async (report) =>
    downLab({ name: options.lab, volumes: true }, tools, { report, signal: cli.signal }),
  );
  cli.stdout.write(
    `${formatLabDown(result).trimEnd()}\nThe engine and the images stay: "docker image ls spark-swarm" shows them.\n`,
  );
}

/** A lab that cannot be asked has nothing that could be lost by taking it away. */
async function askIfBusy(cli: CliContext, lab: string): Promise<void> {
  const reasons = await findReasons(cli, lab).catch(() => []);
  if (reasons.length === 0) return;
  await confirm(cli, `Remove the lab with all its data? ${reasons.join('; ')}`, { yes: undefined });
}

/** What runs, and clusters that no quickstart has made. */
async function findReasons(cli: CliContext, lab: string): Promise<readonly string[]> {
  const connection = await connect(cli, {
    context: labObjectName(lab),
    platform: 'swarm',
    name: DEFAULT_CLUSTER_NAME,
    report: () => {},
  });
  const clusters = await connection.platform.listClusters();
  const reasons = await Promise.all(
    clusters.map(async ({ name }) => {
      const work = await findRunningWork(connection, name);
      if (!isIdle(work)) return [`cluster "${name}": ${describeWork(work)}`];
      return name === DEFAULT_CLUSTER_NAME ? [] : [`there is another cluster, "${name}"`];
    }),
  );
  return reasons.flat();
}
