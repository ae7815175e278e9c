import type { SshFailureKind } from '../adapters/ssh/ssh-failure.ts';
import type { Finding } from '../doctor/finding.ts';
import type { ToolkitError } from '../errors.ts';
import type { MachineReading, SystemFacts } from './facts.ts';
import { installCommand, packageTool } from './install-support.ts';
import { machineError, type MachineProblem } from './machine-problems.ts';

/** Whether the engine may be installed, started, and opened to the user who logs in. */
export interface EntryWish {
  readonly installEngine: boolean;
}

/** Whether the machine can be entered, and its engine used. At most one finding: what comes first hides the rest. */
export function checkEntry(reading: MachineReading, wish: EntryWish): readonly Finding[] {
  const { system, failure, engine } = reading;
  if (!system) return failure ? [explainFailure(reading, failure)] : [];
  if (engine) return [];
  const state = engineState(reading, system);
  const canHelp =
    wish.installEngine && (state === 'down' || state === 'denied' || packageTool(system.os) !== undefined);
  if (canHelp && state !== 'silent') return system.canBeRoot ? [] : [noRoot(reading, system)];
  switch (state) {
    case 'missing':
      return [missing(reading, system, wish)];
    case 'denied':
      return [denied(reading, system)];
    case 'down':
      return [down(reading, system)];
    case 'silent':
      return [silent(reading)];
    default:
      return state satisfies never;
  }
}

/** Whether `--install-engine` has something to do there. */
export function needsEngine({ system, engine, ...reading }: MachineReading): boolean {
  return system !== undefined && !engine && engineState({ ...reading, system, engine }, system) !== 'silent';
}

type EngineState = 'missing' | 'denied' | 'down' | 'silent';

/** In place of docker's words: `docker/machine/facts.sh` waited for them in vain. */
const ENGINE_HANGS = 'docker info did not answer within 3 s';

/** Why an engine does not answer us: by what docker says there, then by what there is. */
function engineState({ engineFailure }: MachineReading, { docker, isRoot }: SystemFacts): EngineState {
  const kind = kindOf(engineFailure);
  if (docker.dockerd === undefined && docker.answer === undefined) return 'missing';
  // Over ssh the engine is reached by that very program, which is a package of its own on Debian 13.
  if (docker.cli === undefined && (kind === 'no-docker' || docker.socket !== undefined)) return 'missing';
  if (docker.answer !== undefined || docker.error === ENGINE_HANGS) return 'silent';
  if (kind === 'docker-denied' || /permission denied/i.test(docker.error ?? '')) return 'denied';
  if (!isRoot && docker.socket === 'present') return 'denied';
  return 'down';
}

function kindOf(failure: ToolkitError | undefined): SshFailureKind | undefined {
  const cause = failure?.cause as { readonly kind?: SshFailureKind } | undefined;
  return cause?.kind;
}

/** Without what was attempted, where the reason is known by itself. */
function wordsOf(failure: ToolkitError): string {
  return kindOf(failure) === undefined ? failure.message : (failure.cause as Error).message;
}

const ENTRY: Partial<Readonly<Record<SshFailureKind, readonly [id: MachineProblem, problem: string]>>> = {
  'host-key-unknown': ['SS-M02', 'its host key is not known here'],
  'host-key-changed': ['SS-M02', 'its host key has changed'],
  'host-key-revoked': ['SS-M02', 'its host key is revoked'],
  'permission-denied': ['SS-M03', 'it does not let this user in'],
  'no-login': ['SS-M03', 'the user may not log in there'],
  'no-sudo': ['SS-M04', 'the user who logs in is not root there and cannot become it'],
};

function explainFailure({ name, place }: MachineReading, failure: ToolkitError): Finding {
  const kind = kindOf(failure);
  const isOurs = failure.code !== 'unreachable';
  const [id, problem] = (kind && ENTRY[kind]) ?? [
    isOurs ? ('SS-M29' as const) : ('SS-M01' as const),
    isOurs ? 'it could not be looked at' : 'it cannot be reached',
  ];
  return machineError(id, {
    subject: name,
    problem,
    proof: kind === undefined ? failure.message : `ssh ${place}: ${wordsOf(failure)}`,
    fix: failure.hint ?? `ssh ${place} true, until it works`,
  });
}

function noRoot({ name, engineFailure }: MachineReading, { user, sudoRefusal }: SystemFacts): Finding {
  return machineError('SS-M04', {
    subject: name,
    problem: 'its engine needs root to be set up, and the user who logs in cannot become it',
    proof: `user ${user}: ${sudoRefusal ?? 'sudo refuses'}; engine: ${engineFailure ? wordsOf(engineFailure) : 'no answer'}`,
    fix: `log in as root; or as root there: echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/spark-swarm`,
  });
}

function missing({ name }: MachineReading, system: SystemFacts, wish: EntryWish): Finding {
  const { docker, os } = system;
  const hasEngine = docker.dockerd !== undefined;
  const isPodman = /podman/i.test(docker.cli ?? '');
  const there = [docker.dockerd, docker.cli].filter((text) => text !== undefined).join('; ');
  const byHand = `as root there: ${hasEngine ? 'install the package docker-cli' : installCommand(os)}`;
  return machineError('SS-M05', {
    subject: name,
    problem: isPodman
      ? 'what it has is Podman, which has no swarm'
      : hasEngine
        ? 'it has an engine and no docker command, by which the engine is reached over ssh'
        : 'it has no Docker engine',
    proof: `${os.name || 'an unknown system'}; ${there === '' ? 'neither dockerd nor docker is installed' : `installed: ${there}`}`,
    fix: packageTool(os) === undefined ? byHand : wish.installEngine ? byHand : `--install-engine; or ${byHand}`,
  });
}

function denied({ name }: MachineReading, { user, docker }: SystemFacts): Finding {
  return machineError('SS-M07', {
    subject: name,
    problem: `the user ${user} may not use its engine`,
    proof: docker.error?.replace(/: (?:Get|Post) .*/, '') ?? `/var/run/docker.sock is not writable for ${user}`,
    fix: `--install-engine does it; or as root there: usermod -aG docker ${user}`,
  });
}

function down({ name }: MachineReading, { docker }: SystemFacts): Finding {
  return machineError('SS-M08', {
    subject: name,
    problem: 'its engine is not running',
    proof: [
      ...(docker.service === undefined ? [] : [`docker.service is ${docker.service}`]),
      docker.error ?? 'no socket answers',
    ].join('; '),
    fix: 'as root there: systemctl enable --now docker; journalctl -u docker -n 20 says why it ended',
  });
}

function silent({ name, engineFailure }: MachineReading): Finding {
  return machineError('SS-M09', {
    subject: name,
    problem: 'its engine runs, and does not answer us',
    proof: engineFailure?.message ?? 'no answer',
    fix: engineFailure?.hint ?? 'check how the engine is reached: its address and the certificates',
  });
}
