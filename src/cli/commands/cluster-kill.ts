import type { Command } from 'commander';

import { locateName, notFound } from '../../connections/locate-cluster.ts';
import type { AskedEngines } from '../../connections/list-clusters.ts';
import { removeMachines } from '../../connections/remove-machines.ts';
import { findLeftovers, openSwarmEnd, removeLeftContext, type Leftovers } from '../../connections/swarm-end.ts';
import { NotFoundError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import {
  describeKill,
  formatKilled,
  killCluster,
  NOTHING_KILLED,
  planKill,
  type Killed,
  type KillPlan,
} from '../../operations/cluster-kill.ts';
import { describeWork, findRunningWork, isIdle } from '../../operations/running-work.ts';
import { confirm } from '../ask.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addDryRunOption,
  addExamples,
  addLimitOption,
  addOutputOption,
  addProgressOptions,
  addYesOption,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
  type TimeoutOptions,
  type YesOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { addNamedOptions, type NamedOptions } from './cluster-options.ts';

type KillOptions = NamedOptions &
  OutputOptions &
  ProgressOptions &
  Pick<TimeoutOptions, 'timeout'> &
  YesOptions &
  DryRunOptions & { readonly volumes?: true };

const DEFAULT_TIMEOUT_MS = 300_000;

export function configureKill(command: Command, cli: CliContext): void {
  addNamedOptions(command);
  addDryRunOption(addYesOption(addLimitOption(addProgressOptions(addOutputOption(command)), DEFAULT_TIMEOUT_MS)))
    .description(
      'Take down a cluster, the swarm that create made for it, its docker context, and machines that we made. A machine with data stays unless --volumes is given; hosts that were given stay as they were.',
    )
    .option('--volumes', 'remove its data volumes too, and machines that we made with data on them');
  addExamples(command, [
    ['spark-swarm cluster kill -n demo', 'asks first'],
    ['spark-swarm cluster kill -n demo --dry-run', 'what would go'],
    ['spark-swarm cluster kill -n demo --yes --volumes', 'nothing is left, and nothing is asked'],
  ]);
  command.action(async (options: KillOptions) => kill(cli, options));
}

async function kill(cli: CliContext, options: KillOptions): Promise<void> {
  const { name, dryRun = false, volumes = false } = options;
  const outcome = await withReporter(cli, options, async (report) => {
    const around = surroundingsOf(cli);
    const { cluster, swarm, asked } = await locateName(around, { ...options, report });
    // Of a cluster in containers the swarm of the same name is another matter.
    const isBelow = swarm !== undefined && (cluster === undefined || cluster.connection.target === swarm.target);
    const end = isBelow ? openSwarmEnd(around, swarm, { report }) : undefined;
    const plan = await planKill(name, {
      context: cluster?.connection,
      cluster: cluster?.cluster,
      volumes,
      swarm: end,
    });
    if (!cluster && !plan.swarm) return endLeftovers(cli, options, { asked, report });
    if (dryRun) return { changes: describeKill(plan) };
    if (!options.yes) await ask(cli, plan, cluster?.connection);
    return killCluster(plan, { timeoutMs: options.timeout, report, signal: cli.signal });
  });
  await writeResult(cli, options.output, { name, dryRun, ...outcome }, () =>
    'changes' in outcome ? outcome.changes.join('\n') : formatKilled(name, outcome),
  );
  if (!('changes' in outcome) && outcome.remaining.length > 0) cli.exitStatus = 1;
}

/** What another home, or an interrupted run, has left here of a cluster that is gone. */
async function endLeftovers(
  cli: CliContext,
  options: KillOptions,
  { asked, report }: { readonly asked: AskedEngines; readonly report: Report },
): Promise<Killed | { readonly changes: readonly string[] }> {
  const { name, dryRun, volumes = false } = options;
  const around = surroundingsOf(cli);
  const { context, machines } = await findLeftovers(around, name, { report });
  // Nobody can ask a machine that is in no swarm which data it has.
  const ending = volumes ? machines : [];
  if (context === undefined && ending.length === 0) throw withLeft(notFound(name, asked), machines);
  const changes = describeLeftovers({ context, machines: ending });
  if (dryRun) return { changes };
  if (ending.length > 0)
    await confirm(cli, `Take down what is left of ${name}? ${changes.join('; ')}.`, { yes: options.yes });
  if (context !== undefined) {
    await removeLeftContext(around, context, { report });
    report({ type: 'note', message: `${name} was gone; its docker context ${context} was still here` });
  }
  if (ending.length > 0) await removeMachines(around, { names: ending, report, confirm: async () => {} });
  for (const machine of machines) if (!volumes) report({ type: 'note', message: staysFor(machine) });
  return { ...NOTHING_KILLED, removedMachines: ending };
}

function describeLeftovers({ context, machines }: Leftovers): readonly string[] {
  return [
    ...(context === undefined ? [] : [`the docker context ${context} goes, whose engine is in no swarm`]),
    ...(machines.length === 0 ? [] : [`machines that we made are removed: ${machines.join(', ')}`]),
  ];
}

function withLeft(error: Error, machines: readonly string[]): Error {
  if (machines.length === 0 || !(error instanceof NotFoundError)) return error;
  return new NotFoundError(error.message, { hint: machines.map(staysFor).join('; '), cause: error });
}

function staysFor(machine: string): string {
  return `${machine} was made for it and is still there (--volumes removes it with its data)`;
}

async function ask(
  cli: CliContext,
  plan: KillPlan,
  context: Parameters<typeof findRunningWork>[0] | undefined,
): Promise<void> {
  const work = context && (await findRunningWork(context, plan.name));
  const busy = work && !isIdle(work) ? ` ${describeWork(work)}` : '';
  await confirm(cli, `Take down ${plan.name}? ${describeKill(plan).join('; ')}.${busy}`, { yes: undefined });
}
