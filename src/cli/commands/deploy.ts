import path from 'node:path';

import type { Command } from 'commander';

import { parseComposeFile } from '../../adapters/files/compose-file.ts';
import { formatEndpoints } from '../../cluster/endpoints.ts';
import type { ClusterFlags } from '../../cluster/resolve-spec.ts';
import { DEFAULT_PORTS, PORT_NAMES, type PortChoice, type PortName } from '../../cluster/spec.ts';
import { UsageError } from '../../errors.ts';
import { parseImageReference } from '../../image/image-state.ts';
import { deployCluster, describeSize, prepareDeploy, type PreparedDeploy } from '../../operations/deploy.ts';
import { describeApplications } from '../../operations/remove.ts';
import type { SparkApplication } from '../../spark/master-state.ts';
import { parseConstraint } from '../../stack/constraints.ts';
import { parseCores, parseCount, parseSize } from '../../units.ts';
import { confirm } from '../ask.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { createImageSource } from '../image-source.ts';
import {
  addClusterOptions,
  addDryRunOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  addRepeatableOption,
  addTimeoutOption,
  addYesOption,
  type ClusterOptions,
  type DryRunOptions,
  type OutputFormat,
  type OutputOptions,
  type ProgressOptions,
  type TimeoutOptions,
  type YesOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

type DeployCommandOptions = ClusterOptions &
  OutputOptions &
  ProgressOptions &
  TimeoutOptions &
  YesOptions &
  DryRunOptions & {
    readonly image?: string;
    readonly workers?: number;
    readonly workerCores?: number;
    readonly workerMemory?: number;
    readonly masterCores?: number;
    readonly masterMemory?: number;
    readonly port: readonly (readonly [PortName, PortChoice])[];
    readonly constraint: readonly string[];
    readonly file?: string;
  };

const DEFAULT_TIMEOUT_MS = 180_000;

export function configure(command: Command, cli: CliContext): void {
  addClusterOptions(command)
    .description('Deploy a cluster on the swarm, or change the one that is there, and wait until Spark is ready.')
    .option('--image <image>', 'image to run (default: spark-swarm:latest)', (text) =>
      parseImageReference(text, '--image'),
    )
    .option('--workers <count>', 'how many workers (default: as many as now, or 2)', (text) =>
      parseCount(text, '--workers', { min: 1, max: 1000 }),
    )
    .option('--worker-cores <cores>', 'cores of one worker (default: 1)', (text) => parseCores(text, '--worker-cores'))
    .option(
      '--worker-memory <size>',
      "one worker's whole limit (default: what leaves each core an executor of 1g; 1792m for one core)",
      (text) => parseSize(text, '--worker-memory'),
    )
    .option('--master-cores <cores>', 'cores of the master and its drivers (default: 1)', (text) =>
      parseCores(text, '--master-cores'),
    )
    .option('--master-memory <size>', "the master's limit: daemon and drivers (default: 3200m)", (text) =>
      parseSize(text, '--master-memory'),
    )
    .option('-f, --file <file>', "a compose file of your own (default: the project's docker-compose.yml)");
  addRepeatableOption(command, {
    flags: '--port <name=port>',
    description: `publish a port: ${PORT_NAMES.map((name) => `${name}=${DEFAULT_PORTS[name]}`).join(', ')}; =0 takes a free one, =none publishes none`,
    parse: parsePort,
    otherwise: 'as now, else these',
  });
  addRepeatableOption(command, {
    flags: '--constraint <constraint>',
    description: 'nodes that may run workers, like node.labels.disk==ssd',
    parse: parseConstraint,
    otherwise: 'any node',
  });
  addDryRunOption(addYesOption(addTimeoutOption(addProgressOptions(addOutputOption(command)), DEFAULT_TIMEOUT_MS)));
  addExamples(command, [
    ['spark-swarm deploy', 'two workers of one core'],
    ['spark-swarm deploy --workers 4 --worker-cores 2 --worker-memory 6g', ''],
    ['spark-swarm deploy --name b --port ui=0 --port master=0', 'another one beside it'],
    ['spark-swarm deploy --dry-run -o yaml', 'the stack that Docker would be given'],
  ]);
  command.action(async (options: DeployCommandOptions) => {
    // What can be told without the engine is told before it is asked.
    if (options.file !== undefined) await parseComposeFile(path.resolve(cli.cwd, options.file));
    refuseContradictingPorts(options.port);
    return options.dryRun ? dryRun(cli, options) : deploy(cli, options);
  });
}

async function deploy(cli: CliContext, options: DeployCommandOptions): Promise<void> {
  const result = await withReporter(cli, options, async (report) => {
    const connection = await connect(cli, { ...options, report });
    return deployCluster(connection, {
      flags: readFlags(options),
      timeoutMs: options.timeout,
      wait: options.wait,
      images: createImageSource(connection),
      confirmRestart: async (applications) =>
        confirm(cli, restartQuestion(options.name, applications), { yes: options.yes }),
    });
  });
  const endpoints = result.endpoints.map(({ name, address }) => ({ name, address }));
  await writeResult(cli, options.output, { ...result, endpoints }, () => formatEndpoints(endpoints));
}

async function dryRun(cli: CliContext, options: DeployCommandOptions): Promise<void> {
  const { spec, plan } = await withReporter(cli, options, async (report) => {
    const connection = await connect(cli, { ...options, report });
    return prepareDeploy(connection, { flags: readFlags(options), images: createImageSource(connection) });
  });
  if (options.output === 'table') cli.stdout.write(formatPlan({ spec, plan }));
  else cli.stdout.write(await formatDocument(options.output, plan.document));
}

function formatPlan({ spec, plan }: PreparedDeploy): string {
  const changes = plan.changes.length === 0 ? ['nothing to do'] : plan.changes;
  const warnings = plan.warnings.map((warning) => `  warning: ${warning}\n`);
  return `Cluster "${spec.name}": ${describeSize(spec)}\n${changes.map((change) => `  ${change}\n`).join('')}${warnings.join('')}`;
}

/** The file itself, without our own envelope, so that it can be handed to Docker. */
async function formatDocument(format: Exclude<OutputFormat, 'table'>, document: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(document, undefined, 2)}\n`;
  const { stringify } = await import('../../adapters/files/yaml.ts');
  return stringify(document, { aliasDuplicateObjects: false });
}

function readFlags(options: DeployCommandOptions): ClusterFlags {
  return {
    name: options.name,
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.workerCores === undefined ? {} : { workerCores: options.workerCores }),
    ...(options.workerMemory === undefined ? {} : { workerMemoryBytes: options.workerMemory }),
    ...(options.masterCores === undefined ? {} : { masterCores: options.masterCores }),
    ...(options.masterMemory === undefined ? {} : { masterMemoryBytes: options.masterMemory }),
    ...(options.port.length === 0 ? {} : { ports: Object.fromEntries(options.port) }),
    ...(options.constraint.length === 0 ? {} : { constraints: options.constraint }),
  };
}

/** `ui=8080`, `ui=0`, `ui=none`. */
function parsePort(text: string): readonly [PortName, PortChoice] {
  const [, key, value] = /^([a-z]+)=([a-z0-9]+)$/.exec(text) ?? [];
  const name = PORT_NAMES.find((candidate) => candidate === key);
  const choice = value === 'none' ? 'none' : /^(0|[1-9][0-9]{0,4})$/.test(value ?? '') ? Number(value) : undefined;
  if (name !== undefined && (choice === 'none' || (choice !== undefined && choice <= 65_535))) return [name, choice];
  throw new UsageError(
    `--port: got ${JSON.stringify(text)}; expected NAME=PORT with NAME one of ${PORT_NAMES.join(', ')} and PORT from 1 to 65535, 0 (a free one) or none`,
  );
}

function refuseContradictingPorts(ports: DeployCommandOptions['port']): void {
  const seen = new Map<PortName, PortChoice>();
  for (const [name, port] of ports) {
    const other = seen.get(name);
    if (other !== undefined && other !== port) throw new UsageError(`--port ${name} given twice (${other}, ${port})`);
    seen.set(name, port);
  }
}

/** What is asked before running applications lose their executors. */
export function restartQuestion(name: string, applications: readonly SparkApplication[] | undefined): string {
  return `Replace the containers of the cluster "${name}"? ${describeApplications(applications)}`;
}
