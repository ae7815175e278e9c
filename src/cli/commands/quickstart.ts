import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import type { Command } from 'commander';

import { socketTarget, type EngineTarget } from '../../adapters/engine/engine-target.ts';
import { readMachine } from '../../adapters/files/machine-settings.ts';
import { DockerBuilder } from '../../adapters/images/docker-builder.ts';
import { openLabTools } from '../../adapters/labs/lab-tools.ts';
import { openSetupTools } from '../../adapters/setup/setup-tools.ts';
import { LocalShell } from '../../adapters/shell/local-shell.ts';
import { formatEndpoints, type Endpoint } from '../../cluster/endpoints.ts';
import { connectSwarm, type Connection } from '../../connections/connection.ts';
import { createImageSource } from '../../connections/image-source.ts';
import { openJobs } from '../../connections/open-jobs.ts';
import { InvalidStateError } from '../../errors.ts';
import { runSteps, type FlowStep, type ProgressEvent, type Report } from '../../events.ts';
import { buildImage, planImageBuild } from '../../image/build-image.ts';
import { wishFromWords } from '../../jobs/job-words.ts';
import { DEFAULT_LAB, labObjectName, MAX_NODES, parseLabName } from '../../lab/lab-names.ts';
import { upLab } from '../../lab/up-lab.ts';
import { deployCluster } from '../../operations/deploy.ts';
import { exitStatusOf, submitApplication } from '../../operations/submit.ts';
import { baseImageStep } from '../../setup/set-up-base-image.ts';
import { engineStep } from '../../setup/set-up-engine.ts';
import { formatDuration, parseCount } from '../../units.ts';
import { confirm } from '../ask.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addProgressOptions, addYesOption, type ProgressOptions, type YesOptions } from '../options.ts';
import { planTypedJob } from '../plan-job.ts';
import { withReporter } from '../reporter.ts';
import { restartQuestion } from './deploy.ts';
import { removeQuickstart } from './quickstart-remove.ts';

interface QuickstartOptions extends ProgressOptions, YesOptions {
  readonly lab: string;
  readonly nodes?: number;
  readonly workers?: number;
  readonly remove?: true;
}

const CLUSTER = 'spark';
const READY_TIMEOUT_MS = 300_000;
const PI_SLICES = '10';

export function configure(command: Command, cli: CliContext): void {
  addYesOption(addProgressOptions(command))
    .description(
      'From nothing to a Spark that works: engine, image, a lab of three nodes, a cluster, SparkPi. Run again, it does only what is missing.',
    )
    .option('--lab <name>', 'name of the lab', (text) => parseLabName(text, '--lab'), DEFAULT_LAB)
    .option('--nodes <count>', 'nodes of the lab (default: 3)', (text) =>
      parseCount(text, '--nodes', { min: 1, max: MAX_NODES }),
    )
    .option('--workers <count>', 'workers of the cluster (default: 2)', (text) =>
      parseCount(text, '--workers', { min: 1, max: 1000 }),
    )
    .option('--remove', 'take it all away again: the cluster, the lab and its volumes; the engine and the image stay');
  addExamples(command, [
    ['bin/quickstart', ''],
    ['bin/quickstart --remove', ''],
  ]);
  command.action(async (options: QuickstartOptions) =>
    options.remove ? removeQuickstart(cli, options) : quickstart(cli, options),
  );
}

/** What one step finds and a later one, or the report, needs. */
interface Outcome {
  target?: EngineTarget;
  endpoints: readonly Endpoint[];
  pi: string;
}

async function quickstart(cli: CliContext, options: QuickstartOptions): Promise<void> {
  const outcome: Outcome = { endpoints: [], pi: '' };
  const times: { title: string; took: string }[] = [];
  await withReporter(cli, options, async (report) => {
    const steps = await listSteps(cli, options, outcome, report);
    await runSteps(steps, collectTimes(steps, report, times), cli.signal);
  });
  cli.stdout.write(formatOutcome(options.lab, outcome, times));
}

async function listSteps(
  cli: CliContext,
  options: QuickstartOptions,
  outcome: Outcome,
  report: Report,
): Promise<readonly FlowStep[]> {
  const shell = new LocalShell();
  const lab = await openLabTools({ context: undefined, env: cli.env, shell, projectRoot: cli.projectRoot });
  const setup = openSetupTools({ env: cli.env, shell, target: lab.outer, report });
  const run = { report, signal: cli.signal };
  return [
    engineStep(setup),
    baseImageStep(setup),
    {
      id: 'image',
      title: 'Build the Spark image',
      run: async () => {
        const builder = new DockerBuilder(lab.outer, { env: cli.env, shell });
        const request = {
          folder: path.join(cli.projectRoot, 'docker'),
          target: 'spark',
          tag: 'latest',
          noCache: false,
        } as const;
        const plan = await planImageBuild(
          { ...request, sparkVersion: undefined, javaVersion: undefined, baseImage: undefined },
          builder,
          cli.signal,
        );
        const built = await buildImage(plan, builder, report, cli.signal);
        return `${built.names[0]}${built.isUnchanged ? ', unchanged' : ''}`;
      },
    },
    {
      id: 'lab',
      title: 'Bring up the lab',
      run: async () => {
        const { nodes, contextName, managerSocket } = await upLab(
          { name: options.lab, ...(options.nodes === undefined ? {} : { nodes: options.nodes }) },
          lab,
          run,
        );
        outcome.target = socketTarget(managerSocket, contextName);
        return `${nodes} nodes, docker context ${contextName}`;
      },
    },
    {
      id: 'cluster',
      title: `Deploy the cluster "${CLUSTER}"`,
      run: async () => {
        const connection = connectLab(cli, outcome, report);
        const result = await deployCluster(connection, {
          flags: {
            name: CLUSTER,
            machine: (await readMachine(cli.env)).settings,
            ...(options.workers === undefined ? {} : { workers: options.workers }),
          },
          timeoutMs: READY_TIMEOUT_MS,
          wait: true,
          images: createImageSource(connection, surroundingsOf(cli)),
          confirmRestart: async (work) => confirm(cli, restartQuestion(CLUSTER, work), { yes: options.yes }),
        });
        outcome.endpoints = result.endpoints;
        return result.changes.length === 0 ? 'it was there already' : undefined;
      },
    },
    {
      id: 'pi',
      title: 'Run SparkPi',
      run: async () => (outcome.pi = await runPi(cli, connectLab(cli, outcome, report))),
    },
  ];
}

/** The lab that this quickstart brought up, whatever other engine the user works with. */
function connectLab(cli: CliContext, { target }: Outcome, report: Report): Connection {
  if (!target) throw new Error('the lab comes before what runs on it');
  return connectSwarm(surroundingsOf(cli), target, { report });
}

async function runPi(cli: CliContext, connection: Connection): Promise<string> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = Promise.all([readText(stdout), readText(stderr)]);
  const { projectRoot } = cli;
  const plan = await planTypedJob(cli, wishFromWords([PI_SLICES], { example: 'pi' }), CLUSTER);
  const jobs = await openJobs(connection, { name: CLUSTER, driver: 'master', projectRoot });
  const view = await submitApplication(jobs, { plan, stdout, stderr }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [output, errors] = await texts;
  const line = output.split('\n').find((candidate) => candidate.startsWith('Pi is roughly'));
  if (view.state === 'SUCCEEDED' && line !== undefined) return line;
  throw new InvalidStateError(
    `SparkPi ended with exit status ${exitStatusOf(view)}:\n${errors.trim().split('\n').slice(-10).join('\n')}`,
    {
      hint: 'spark-swarm status shows the cluster; spark-swarm submit --example pi 10 runs it again',
    },
  );
}

/** Passes every event on, and keeps how long each of our own steps took. */
function collectTimes(steps: readonly FlowStep[], report: Report, times: { title: string; took: string }[]): Report {
  return (event: ProgressEvent) => {
    report(event);
    const step = 'id' in event ? steps.find(({ id }) => id === event.id) : undefined;
    if (!step) return;
    if (event.type === 'step-done') times.push({ title: step.title, took: formatDuration(event.durationMs) });
    if (event.type === 'step-skipped') times.push({ title: step.title, took: event.reason });
  };
}

function formatOutcome(
  lab: string,
  { endpoints, pi }: Outcome,
  times: readonly { readonly title: string; readonly took: string }[],
): string {
  const width = Math.max(...times.map(({ title }) => title.length)) + 2;
  return [
    pi,
    '',
    formatEndpoints(endpoints),
    ...times.map(({ title, took }) => `${title.padEnd(width)}${took}`),
    '',
    'Next:',
    ...formatNext(lab),
    '',
  ].join('\n');
}

/** Beside the usual lab there may be others: what is typed has to reach this one. */
export function formatNext(lab: string): readonly string[] {
  const [context, flag] = lab === DEFAULT_LAB ? ['', ''] : [` --context ${labObjectName(lab)}`, ` --lab ${lab}`];
  const lines = [
    [`bin/submit${context} --example pi 100`, 'run an application, or one of your own: bin/submit app.py'],
    [`bin/resize-cluster${context} --workers 4`, 'grow it while it works'],
    [`bin/quickstart --remove${flag}`, 'take it all away again'],
  ] as const;
  const width = Math.max(...lines.map(([command]) => command.length)) + 5;
  return lines.map(([command, does]) => `  ${command.padEnd(width)}${does}`);
}
