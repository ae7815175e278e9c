import path from 'node:path';

import type { Command } from 'commander';

import { parseComposeFile } from '../../adapters/files/compose-file.ts';
import { PLATFORM_KINDS, type PlatformKind } from '../../cluster/cluster.ts';
import { formatEndpoints } from '../../cluster/endpoints.ts';
import { connectSwarm, type Connection } from '../../connections/connection.ts';
import { describeHost, wishFor } from '../../connections/host-pool.ts';
import { createImageSource } from '../../connections/image-source.ts';
import { locateName, type LocatedName } from '../../connections/locate-cluster.ts';
import { openSwarmTools } from '../../connections/swarm-tools.ts';
import { UsageError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import type { HostAddress } from '../../machines/machine.ts';
import { refuseTaken, type PresentCluster } from '../../operations/cluster-create.ts';
import { deployCluster } from '../../operations/deploy.ts';
import { readStatus } from '../../operations/status.ts';
import { createSwarm, type SwarmCreated } from '../../swarm/create-swarm.ts';
import { parseSwarmName } from '../../swarm/swarm-name.ts';
import { confirm } from '../ask.ts';
import { connect, surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { revealToken } from '../endpoints.ts';
import { addContextOption, addExamples } from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { addHostOptions, addNameOption, parsePlatform, readHosts, type HostOptions } from './cluster-options.ts';
import { restartQuestion, runDeploy } from './deploy.ts';
import { addSpecOptions, checkOptions, readFlags, readPackages, type DeployCommandOptions } from './deploy-options.ts';
import { parseManagers } from './swarm-machines.ts';

type CreateOptions = DeployCommandOptions &
  HostOptions & { readonly platform: PlatformKind; readonly managers?: number };

export function configureCreate(command: Command, cli: CliContext): void {
  addContextOption(addNameOption(command)).requiredOption(
    '-p, --platform <platform>',
    `where the cluster is made: ${PLATFORM_KINDS.join(', ')}`,
    parsePlatform,
  );
  addSpecOptions(addHostOptions(command), cli)
    .option('--managers <count>', 'how many of HOSTS manage the swarm: 1, 3 or 5 (default: 1)', parseManagers)
    .description(
      'Make a cluster. With HOSTS they are checked and joined as a swarm first; without, it is made on the swarm that is there, or in containers of this engine.',
    )
    .argument('[hosts...]', 'hosts, like root@host[1-3]; the first one manages the swarm');
  addExamples(command, [
    ['spark-swarm cluster create -n demo -p swarm root@host[1-3]', 'one worker for each host'],
    ['spark-swarm cluster create -n demo -p swarm host[1-3] --workers 6 --worker-memory 6g', ''],
    ['spark-swarm cluster create -n demo -p swarm --context spark-lab', 'on a swarm that is there'],
    ['spark-swarm cluster create -n demo -p containers', 'in containers of this engine'],
  ]);
  command.action(async (words: readonly string[], options: CreateOptions) => {
    const hosts = readHosts(words);
    refuseContradictions(command, options, hosts);
    if (options.file !== undefined) await parseComposeFile(path.resolve(cli.cwd, options.file));
    checkOptions(options, options.platform);
    await (options.dryRun ? dryRun(cli, options, hosts) : create(cli, options, hosts));
  });
}

/** @throws UsageError */
function refuseContradictions(
  command: Command,
  { platform, name, managers }: CreateOptions,
  hosts: readonly HostAddress[],
): void {
  if (hosts.length === 0) {
    if (managers === undefined) return;
    throw new UsageError('--managers: there are no HOSTS to choose from; expected HOSTS', {
      hint: 'spark-swarm swarm create --managers changes a swarm that is there',
    });
  }
  if (platform === 'containers') {
    throw new UsageError('HOST: containers run on one engine; expected hosts only with -p swarm');
  }
  parseSwarmName(name, '-n');
  if (command.getOptionValueSource('context') === 'cli') {
    throw new UsageError('--context: HOSTS become a swarm of their own; expected HOSTS or --context');
  }
}

async function create(cli: CliContext, options: CreateOptions, hosts: readonly HostAddress[]): Promise<void> {
  const { name, platform } = options;
  const result = await withReporter(cli, options, async (report) => {
    const located = await locate(cli, options, hosts, report);
    refuseTaken({ name, platform, hosts }, await describePresent(located));
    // What is wrong with them is said before the first change.
    const flags = await readFlags(options, cli);
    const packages = readPackages(options, cli);
    const swarm = hosts.length === 0 ? undefined : await formSwarm(cli, options, hosts, report);
    const connection = await open(cli, options, { located, swarm, report });
    const deployed = await deployCluster(connection, {
      flags: { ...flags, ...(hosts.length === 0 || located.cluster ? {} : { workers: flags.workers ?? hosts.length }) },
      timeoutMs: options.timeout,
      wait: options.wait,
      images: createImageSource(connection, surroundingsOf(cli), options.registry),
      packages,
      confirmRestart: async (work) => confirm(cli, restartQuestion(name, work), { yes: options.yes }),
    });
    const shown = { connection, cluster: name, output: options.output };
    return {
      ...deployed,
      changes: [...(swarm?.changes ?? []), ...deployed.changes],
      context: connection.target.contextName ?? null,
      endpoints: await revealToken(cli, deployed.endpoints, shown),
    };
  });
  await writeResult(cli, options.output, result, () => formatEndpoints(result.endpoints));
}

async function dryRun(cli: CliContext, options: CreateOptions, hosts: readonly HostAddress[]): Promise<void> {
  const { name, platform } = options;
  const changes = await withReporter(cli, options, async (report) => {
    const located = await locate(cli, options, hosts, report);
    refuseTaken({ name, platform, hosts }, await describePresent(located));
    if (hosts.length === 0) return undefined;
    return (await formSwarm(cli, options, hosts, report)).changes;
  });
  if (!changes) return runDeploy(cli, options);
  const planned = [...changes, `the cluster "${name}": is deployed, ${options.workers ?? hosts.length} workers`];
  await writeResult(cli, options.output, { name, dryRun: true, changes: planned }, () => planned.join('\n'));
}

/** Whatever has the name. With HOSTS every engine is asked, whatever a project file says of a context. */
async function locate(
  cli: CliContext,
  { name, context }: CreateOptions,
  hosts: readonly HostAddress[],
  report: Report,
): Promise<LocatedName> {
  return locateName(surroundingsOf(cli), { name, context: hosts.length === 0 ? context : undefined, report });
}

async function describePresent({ cluster: located, swarm }: LocatedName): Promise<PresentCluster | undefined> {
  if (!located) return undefined;
  const { cluster, connection } = located;
  const nodes = (await connection.reader?.client.listNodes()) ?? [];
  const { healthy } = await readStatus(connection, cluster.name);
  return { platform: cluster.platform, healthy, swarm: swarm?.name, hosts: nodes.map(describeHost) };
}

async function formSwarm(
  cli: CliContext,
  options: CreateOptions,
  hosts: readonly HostAddress[],
  report: Report,
): Promise<SwarmCreated> {
  const acceptNewHostKeys = options.acceptNewHostKeys ?? false;
  const tools = await openSwarmTools(surroundingsOf(cli), { report, acceptNewHostKeys });
  const { name, managers, source, installEngine = false, dryRun: isDryRun = false } = options;
  const wish = { name, managers, machines: [wishFor(source, hosts)], installEngine, dryRun: isDryRun };
  return createSwarm(wish, tools, { report, signal: cli.signal });
}

interface Opening {
  readonly located: LocatedName;
  /** The swarm that was formed of HOSTS. */
  readonly swarm: SwarmCreated | undefined;
  readonly report: Report;
}

async function open(cli: CliContext, options: CreateOptions, { located, swarm, report }: Opening): Promise<Connection> {
  const around = surroundingsOf(cli);
  if (swarm) {
    const tools = await openSwarmTools(around, { report });
    return connectSwarm(around, await tools.openContext(swarm.contextName), { report });
  }
  if (located.cluster) return located.cluster.connection;
  if (options.platform === 'swarm' && located.swarm) return connectSwarm(around, located.swarm.target, { report });
  return connect(cli, { ...options, report, makes: true });
}
