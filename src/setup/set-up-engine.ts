import { setTimeout as sleep } from 'node:timers/promises';

import { CommandError, InvalidStateError, ToolkitError, UnreachableError, WaitTimeoutError } from '../errors.ts';
import { skipped, type FlowStep, type StepContext } from '../events.ts';
import { formatEnginePlan, planEngine, type EnginePlan } from './engine-plan.ts';
import { findSudo } from './find-sudo.ts';
import { aptArgv, aptDetail, asRoot, type SetupTools } from './setup-host.ts';

/** Where dockerd writes what it says when we start it. */
export const DOCKERD_LOG = '/var/log/dockerd.log';
/** Loading many old containers takes a while; 3 to 6 s are usual. */
const START_LIMIT_MS = 60_000;
const POLL_MS = 200;
const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * A Docker engine that answers: skipped if one does; else installed and started where that is possible.
 *
 * @throws UnreachableError with the command to type where it is not
 */
export function engineStep(tools: SetupTools): FlowStep {
  return {
    id: 'engine',
    title: 'Find the Docker engine',
    async run(context) {
      const failure = await ping(tools, context.signal);
      if (!failure) return skipped(`it answers at ${tools.target.api.name}`);
      refuseElsewhere(tools, failure);
      const facts = await tools.host.readFacts();
      const sudo = await findSudo(tools.shell, facts.isRoot);
      const plan = planEngine(facts, sudo !== undefined);
      if (plan.kind === 'refuse') {
        throw new UnreachableError(`No Docker engine answers at ${tools.target.api.name}: ${plan.seen}`, {
          cause: failure,
          hint: plan.hint,
        });
      }
      tools.report({ type: 'note', message: formatEnginePlan(plan) });
      return apply(plan, { tools, sudo: sudo ?? [], dockerd: facts.dockerd, context });
    },
  };
}

async function ping({ target }: SetupTools, signal: AbortSignal): Promise<ToolkitError | undefined> {
  try {
    await target.api.get('/_ping', { timeoutMs: 5000, signal });
    return undefined;
  } catch (error) {
    if (error instanceof ToolkitError) return error;
    throw error;
  }
}

/** An engine that the user named, or may not use, is not ours to install or start. */
function refuseElsewhere({ target }: SetupTools, failure: ToolkitError): void {
  const { endpoint } = target.api;
  const isDefault = endpoint.kind === 'unix' && [DEFAULT_SOCKET, '/run/docker.sock'].includes(endpoint.socketPath);
  const isForbidden = (failure.cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES';
  if (!isDefault || isForbidden) throw failure;
}

interface EngineRun {
  readonly tools: SetupTools;
  readonly sudo: readonly string[];
  readonly dockerd: string | undefined;
  readonly context: StepContext;
}

async function apply(plan: Extract<EnginePlan, { kind: 'set-up' }>, run: EngineRun): Promise<string> {
  const { tools, sudo, context } = run;
  const { shell } = tools;
  const { progress, signal } = context;
  // First, because the installation itself may start the engine.
  if (plan.daemonJson !== undefined) {
    await shell.run(asRoot(sudo, 'mkdir', '-p', '/etc/docker'), { signal });
    await shell.run(asRoot(sudo, 'tee', '/etc/docker/daemon.json'), { input: plan.daemonJson, signal });
  }
  if (plan.packages.length > 0) {
    const show = (line: string): void => {
      const detail = aptDetail(line);
      if (detail !== undefined) progress(detail);
    };
    await shell.stream(aptArgv(sudo, 'update'), show, { signal });
    await shell.stream(aptArgv(sudo, 'install', '--no-install-recommends', ...plan.packages), show, { signal });
  }
  if (plan.start === 'systemd') await startWithSystemd(run);
  else await startDetached(run);
  const version = await waitForEngine(run, plan.start);
  return `${plan.packages.length > 0 ? 'installed and started' : 'started'}, version ${version}`;
}

async function startWithSystemd({ tools, sudo, context }: EngineRun): Promise<void> {
  try {
    await tools.shell.run(asRoot(sudo, 'systemctl', 'start', 'docker'), { signal: context.signal });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InvalidStateError('Cannot start the Docker engine: systemctl start docker failed', {
      cause: error,
      hint: 'journalctl -u docker -n 20',
    });
  }
}

/** Pid files of programs that are gone make dockerd refuse to start, or wait for a containerd that is not there. */
const PID_FILES = [
  { file: '/var/run/docker.pid', program: 'dockerd' },
  { file: '/var/run/docker/containerd/containerd.pid', program: 'containerd' },
] as const;

async function startDetached({ tools, sudo, context: { signal } }: EngineRun): Promise<void> {
  const { host, shell } = tools;
  // Packages of systems with an older init start it themselves.
  if (await host.isProgramRunning('dockerd')) return;
  for (const { file, program } of PID_FILES) {
    const holder = await host.readPidFile(file);
    if (holder && holder.program !== program) await shell.run(asRoot(sudo, 'rm', '-f', file), { signal });
  }
  const dockerd = (await host.readFacts()).dockerd ?? 'dockerd';
  // All three descriptors elsewhere: whoever reads our output would otherwise wait for the engine's end.
  const line = 'setsid "$1" > "$2" 2>&1 < /dev/null &';
  await shell.run(asRoot(sudo, 'sh', '-c', line, 'start', dockerd, DOCKERD_LOG), { signal });
}

/** @returns the engine's version */
async function waitForEngine({ tools, context }: EngineRun, start: 'systemd' | 'detached'): Promise<string> {
  const { progress, signal } = context;
  const startedAt = performance.now();
  for (let round = 1; ; round += 1) {
    const failure = await ping(tools, signal);
    if (!failure) return (await tools.target.api.get<{ readonly Version: string }>('/version', { signal })).Version;
    if ((failure.cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES') throw failure;
    const waitedMs = performance.now() - startedAt;
    const hasEnded = start === 'detached' && round % 10 === 0 && !(await tools.host.isProgramRunning('dockerd'));
    if (hasEnded) {
      throw new InvalidStateError(
        `The Docker engine ended while starting:\n${await tools.host.readTail(DOCKERD_LOG, 5)}`,
        {
          hint: `less ${DOCKERD_LOG}`,
        },
      );
    }
    if (waitedMs > START_LIMIT_MS) {
      throw new WaitTimeoutError(
        `Gave up after ${START_LIMIT_MS / 1000} s waiting for the Docker engine; last seen: ${failure.message}`,
        {
          hint: start === 'systemd' ? 'journalctl -u docker -n 20' : `less ${DOCKERD_LOG}`,
        },
      );
    }
    progress(`waiting for it to answer, ${Math.round(waitedMs / 1000)} s`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
