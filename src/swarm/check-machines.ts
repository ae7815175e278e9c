import type { Finding } from '../doctor/finding.ts';
import { InvalidStateError } from '../errors.ts';
import { runSteps, skipped } from '../events.ts';
import { installEngine } from '../machines/install-engine.ts';
import { LABELS } from '../labels.ts';
import type { Machine } from '../machines/machine.ts';
import { assertReady, needsEngine, type PreflightWish } from '../machines/preflight.ts';
import { failureKindOf } from '../machines/machine-problems.ts';
import { runPreflight, type Preflight } from '../machines/run-preflight.ts';
import type { ContextState } from './docker-context.ts';
import { readInfos, type FoundSwarm } from './find-swarm.ts';
import type { CheckedMachine } from './machine-readings.ts';
import type { NodeInfo } from './members.ts';
import type { OpenMachines } from './open-machines.ts';
import { swarmCommand, swarmContextName } from './swarm-name.ts';
import type { SwarmRun, SwarmTools, SwarmWish } from './swarm-wish.ts';

interface Seen {
  readonly machines: OpenMachines;
  readonly found: FoundSwarm | undefined;
  readonly context: ContextState | undefined;
}

/** Docker's own, where an interface says nothing. */
const DEFAULT_MTU = 1500;
/** Of a machine that has just passed its checks: it lives, and may be slow. */
const CHECKED_LIMIT_MS = 30_000;

/**
 * Looks at all machines at the same time, and installs engines where that is asked for. Nothing else is changed.
 *
 * @throws UsageError, UnreachableError, ConflictError or InvalidStateError that names every finding
 */
export async function checkMachines(
  wish: SwarmWish,
  seen: Seen,
  tools: SwarmTools,
  { report, signal }: SwarmRun,
): Promise<readonly CheckedMachine[]> {
  const action = `Cannot form the swarm "${wish.name}"`;
  let preflight: Preflight | undefined;
  const check = async (): Promise<void> => {
    await runSteps(
      [
        {
          id: 'check',
          title: `Check ${seen.machines.all.length === 1 ? '1 machine' : `${seen.machines.all.length} machines`}`,
          async run(step) {
            preflight = await runPreflight(seen.machines.all, await preflightWish(wish, seen, step.signal), {
              scripts: tools.scripts,
              signal: step.signal,
              progress: step.progress,
            });
            assertReady(withWayOut(preflight.findings, seen), action, report);
          },
        },
      ],
      report,
      signal,
    );
  };
  await check();
  const lacking = preflight?.readings.filter(needsEngine) ?? [];
  if (lacking.length > 0 && !wish.dryRun) {
    await installEngines(
      lacking.map(({ name, system }) => ({ name, loginUser: system?.user ?? 'root' })),
      seen.machines,
      tools,
      { report, signal },
    );
    await check();
  }
  return readAll(wish, seen.machines.all, preflight, signal);
}

async function preflightWish(
  { name, managers = 1, installEngine: mayInstall = false, advertiseAddress }: SwarmWish,
  { machines, found, context }: Seen,
  signal: AbortSignal,
): Promise<Parameters<typeof runPreflight>[1]> {
  const infos = await readInfos(machines.all, signal);
  const present = machines.all.filter((machine) => {
    const info = infos.get(machine.name);
    return info?.swarm.isManager && found?.members.some(({ id }) => id === info.swarm.nodeId);
  });
  const managerNames = (present.length > 0 ? present : found ? [] : machines.all.slice(0, managers)).map(
    (machine) => machine.name,
  );
  return {
    swarm: name,
    // Machines that are there already count too; only the plan knows all of them.
    managers: found ? 1 : managers,
    installEngine: mayInstall,
    present: found ? presentOf(found, machines.all) : undefined,
    nameTakenBy: context && !context.isOurs ? `the docker context "${swarmContextName(name)}"` : undefined,
    advertiseAddress,
    managerNames,
  };
}

/** A machine that is silent stands in the way, also where it is lost for ever: then the swarm is repaired without it. */
export function withWayOut(
  findings: readonly Finding[],
  { machines, found }: { readonly machines: Pick<OpenMachines, 'all'>; readonly found: FoundSwarm | undefined },
): readonly Finding[] {
  return findings.map((finding) => {
    const machine = machines.all.find(({ name }) => name === finding.subject);
    const member = found?.members.find(
      ({ labels }) => machine && labels[LABELS.nodeMachine] === `${machine.source}/${machine.reference}`,
    );
    if (!found?.name || !member || failureKindOf(finding.id) !== 'unreachable') return finding;
    const ways = `${swarmCommand('leave', found.name, member.hostname)}, or the same command without it`;
    const instead = member.role === 'manager' ? ' (--managers puts another in its place)' : '';
    return { ...finding, fix: `${finding.fix}; if it is lost: ${ways}${instead}` };
  });
}

function presentOf(
  { clusterId, members }: FoundSwarm,
  machines: readonly Machine[],
): NonNullable<PreflightWish['present']> {
  const names = new Set(machines.map(({ source, reference }) => `${source}/${reference}`));
  return {
    clusterId,
    managerAddresses: members.filter(({ role }) => role === 'manager').map(({ address }) => address),
    members: members.map(({ id, hostname, state, labels }) => ({
      id,
      hostname,
      // An entry of the very machine does not take its name away: the managers see only after 15 s that it was replaced.
      state: names.has(labels[LABELS.nodeMachine] ?? '') ? 'down' : state,
      machine: names.has(labels[LABELS.nodeMachine] ?? '') ? undefined : labels[LABELS.nodeMachine],
    })),
  };
}

async function installEngines(
  lacking: readonly { readonly name: string; readonly loginUser: string }[],
  machines: OpenMachines,
  tools: SwarmTools,
  { report, signal }: SwarmRun,
): Promise<void> {
  await runSteps(
    [
      {
        id: 'engines',
        title: `Install ${lacking.length === 1 ? '1 engine' : `${lacking.length} engines`}`,
        async run(step) {
          const done = await Promise.all(
            lacking.map(async ({ name, loginUser }) => {
              const machine = machines.all.find((candidate) => candidate.name === name);
              if (!machine) return undefined;
              const result = await installEngine(machine, {
                script: tools.scripts.installEngine,
                loginUser,
                progress: (detail) => step.progress(`${name}: ${detail}`),
                signal: step.signal,
              });
              if (result.groupAdded) await reopen(machine, machines, tools, step.signal);
              return result.changed ? `${name}: ${result.version}` : undefined;
            }),
          );
          const changed = done.filter((line) => line !== undefined);
          return changed.length === 0 ? skipped('they are there') : changed.join(', ');
        },
      },
    ],
    report,
    signal,
  );
}

/** A connection that is kept has the groups of before. */
async function reopen(
  { source, reference }: Machine,
  machines: OpenMachines,
  tools: SwarmTools,
  signal: AbortSignal,
): Promise<void> {
  const opener = await tools.openSource(source);
  await machines.keep(await opener.open(reference, signal));
}

async function readAll(
  wish: SwarmWish,
  machines: readonly Machine[],
  preflight: Preflight | undefined,
  signal: AbortSignal,
): Promise<readonly CheckedMachine[]> {
  const infos = await readInfos(machines, signal, CHECKED_LIMIT_MS);
  return machines.map((machine): CheckedMachine => {
    const reading = preflight?.readings.find(({ name }) => name === machine.name);
    const choice = preflight?.addresses.find(({ name }) => name === machine.name);
    const info = infos.get(machine.name) ?? (wish.dryRun ? absentEngine(reading?.system?.hostname) : undefined);
    if (!info || choice?.address === undefined) {
      throw new InvalidStateError(`Cannot use ${machine.name}: its engine does not answer any more`, {
        hint: `docker -H ${machine.access.host} info`,
      });
    }
    const addresses = reading?.system?.addresses ?? [];
    return {
      machine,
      info,
      address: choice.address,
      mtu: choice.mtu ?? DEFAULT_MTU,
      networks: addresses.map(({ address, prefix }) => `${address}/${prefix}`),
    };
  });
}

/** What an engine that is to be installed will say of itself. */
function absentEngine(hostname = 'not known yet'): NodeInfo {
  return {
    hostname,
    engineId: '',
    engineVersion: '',
    storageDriver: '',
    swarm: { state: 'inactive', nodeId: '', nodeAddress: '', isManager: false, error: '', managerIds: [] },
  };
}
