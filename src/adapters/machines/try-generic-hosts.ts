import { existsSync } from 'node:fs';

import {
  CommandError,
  ConflictError,
  InvalidStateError,
  UnreachableError,
  UsageError,
  WaitTimeoutError,
} from '../../errors.ts';
import { readFlag } from '../../machines/docker-machine/driver-flags.ts';
import {
  readGenericHost,
  START_ENGINE_SCRIPT,
  TRIAL,
  trialArguments,
  type GenericHost,
} from '../../machines/docker-machine/generic-host.ts';
import type { CreateRequest, HostAddress } from '../../machines/machine.ts';
import { LocalShell } from '../shell/local-shell.ts';
import { destinationArgv } from '../ssh/ssh-argv.ts';
import { explainSsh, lastLine, type SshFailure } from '../ssh/ssh-failure.ts';

/** For the TCP connection; the whole trial may take twice as long. */
const CONNECT_SECONDS = 6;
const TRIAL_LIMIT_MS = 15_000;
const START_LIMIT_MS = 60_000;

export interface GenericTrial {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly acceptNewHostKeys: boolean;
  readonly driverFlags: readonly string[];
  readonly progress: (machine: string, detail: string) => void;
  readonly signal: AbortSignal;
}

/** A host that docker-machine can be let loose on. */
export interface TriedHost extends GenericHost {
  /** An engine is installed there and does not run. */
  readonly isEngineStopped: boolean;
}

type Problem = { readonly text: string; readonly hint: string; readonly kind: 'unreachable' | 'conflict' | 'state' };

/**
 * Logs in on every host as docker-machine will, all at the same time.
 *
 * @returns what docker-machine is told of each, by the machine's name
 * @throws UsageError; UnreachableError, ConflictError or InvalidStateError that names all hosts in whose way something is
 */
export async function tryGenericHosts(
  requests: readonly CreateRequest[],
  trial: GenericTrial,
): Promise<ReadonlyMap<string, TriedHost>> {
  const addresses = requests.map((request) => ({ name: request.name, address: addressOf(request, requests, trial) }));
  const tried = await Promise.all(
    addresses.map(async ({ name, address }) => {
      const host = await resolveHost(name, address, trial);
      if ('text' in host) return { name, problem: host };
      trial.progress(name, `logging in on ${host.address}`);
      const found = await tryHost(name, host, trial);
      return typeof found === 'string'
        ? { name, host: { ...host, isEngineStopped: found === 'stopped' } }
        : { name, problem: found };
    }),
  );
  const problems = tried.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) throw summarize(problems);
  return new Map(tried.flatMap(({ name, host }) => (host ? [[name, host] as const] : [])));
}

/** Starts the engine of a host on which an earlier `create` was interrupted. @throws InvalidStateError */
export async function startEngine(name: string, host: GenericHost, trial: GenericTrial): Promise<void> {
  try {
    await enter(host, trial, START_ENGINE_SCRIPT);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InvalidStateError(`its engine does not start: ${lastLine(error.stderr)}`, {
      cause: error,
      hint: `on ${name}: journalctl -u docker`,
    });
  }
}

/** @throws CommandError; WaitTimeoutError */
async function enter(host: GenericHost, trial: GenericTrial, script?: string): Promise<void> {
  const { env, acceptNewHostKeys, signal } = trial;
  const options = { acceptNewHostKeys, connectSeconds: CONNECT_SECONDS, ...(script === undefined ? {} : { script }) };
  const limit = AbortSignal.timeout(script === undefined ? TRIAL_LIMIT_MS : START_LIMIT_MS);
  try {
    const argv = ['ssh', ...trialArguments(host, options)] as const;
    await new LocalShell().run(argv, { signal: AbortSignal.any([signal, limit]), ...inEnv(env) });
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw new WaitTimeoutError('it did not answer in time', { cause: error });
    throw error;
  }
}

function addressOf({ name, host }: CreateRequest, all: readonly CreateRequest[], trial: GenericTrial): HostAddress {
  const flag = readFlag(trial.driverFlags, '--generic-ip-address');
  if (flag !== undefined && (all.length > 1 || host !== undefined)) {
    throw new UsageError('--: --generic-ip-address is one address for every machine; name the hosts with --hosts', {
      hint: '--hosts root@10.0.0.4,root@10.0.0.5',
    });
  }
  if (host) return host;
  if (flag !== undefined) return { user: undefined, host: flag, port: undefined };
  throw new UsageError(`--hosts: the driver generic takes hosts that are there; expected one for ${name}`, {
    hint: '--hosts root@10.0.0.4,root@10.0.0.5',
  });
}

/** @returns a problem where ssh does not read its configuration */
async function resolveHost(
  name: string,
  address: HostAddress,
  { env, driverFlags, signal }: GenericTrial,
): Promise<GenericHost | Problem> {
  const options = { flags: driverFlags, env, exists: existsSync };
  try {
    const { stdout } = await new LocalShell().run(['ssh', '-G', ...destinationArgv(address)], {
      signal,
      ...inEnv(env),
    });
    return readGenericHost(address, stdout, options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { message, hint } = explainSsh(error.stderr, address);
    return { kind: 'unreachable', text: `${name} (${address.host}): ${message}`, hint };
  }
}

async function tryHost(name: string, host: GenericHost, trial: GenericTrial): Promise<Problem | 'stopped' | 'ready'> {
  const { address, user, port, keyFile } = host;
  if (keyFile !== undefined && !existsSync(keyFile))
    return { kind: 'state', text: `${name}: there is no key ${keyFile}`, hint: '-- --generic-ssh-key FILE' };
  const place = `${name} (${user}@${address})`;
  const to = { user, host: address, port };
  const silent = (found: SshFailure): Problem => ({
    kind: 'unreachable',
    text: `${place}: ${found.message}`,
    hint:
      keyFile !== undefined && found.kind === 'permission-denied'
        ? `-- --generic-ssh-key FILE; ${keyFile} was tried`
        : found.hint,
  });
  try {
    await enter(host, trial);
    return 'ready';
  } catch (error) {
    if (error instanceof WaitTimeoutError) return silent(explainSsh('Connection timed out', to));
    if (!(error instanceof CommandError)) throw error;
    switch (error.exitStatus) {
      case TRIAL.engineIsStopped:
        return 'stopped';
      case TRIAL.noSudo:
        return {
          kind: 'state',
          text: `${place}: the user "${user}" is not root, and may not become root without a password`,
          hint: `log in as root, or let ${user} use sudo without a password`,
        };
      case TRIAL.inSwarm:
        return {
          kind: 'conflict',
          text: `${place}: its engine is in a swarm, and would be restarted`,
          hint: 'take it as it is, without --create; or there: docker swarm leave',
        };
      default:
        return silent(explainSsh(error.stderr, to));
    }
  }
}

/** The variables that are set; ssh and its keys depend on them. */
function inEnv(env: GenericTrial['env']): { readonly env: Record<string, string> } {
  return {
    env: {
      ...Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
      LC_ALL: 'C',
    },
  };
}

function summarize(problems: readonly Problem[]): Error {
  const lines = problems.map(({ text }) => text);
  const message =
    lines.length === 1
      ? `Cannot make the machine ${lines[0] ?? ''}`
      : `Cannot make machines on ${lines.length} hosts:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  const details = { hint: problems[0]?.hint ?? '' };
  const kinds = new Set(problems.map(({ kind }) => kind));
  if (kinds.size === 1 && kinds.has('unreachable')) return new UnreachableError(message, details);
  if (kinds.has('conflict')) return new ConflictError(message, details);
  return new InvalidStateError(message, details);
}
