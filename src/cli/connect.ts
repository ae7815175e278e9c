import path from 'node:path';

import { resolveEngineTarget, socketTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { acceptsConnection, fetchPage } from '../adapters/http/fetch-page.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { assertManager } from '../adapters/swarm/swarm-client.ts';
import { DEFAULT_LAB } from '../lab/lab-names.ts';
import { SwarmLocks } from '../adapters/swarm/swarm-locks.ts';
import type { Report } from '../events.ts';
import type { OperationContext } from '../operations/operation.ts';
import { SwarmPlatform } from '../platforms/swarm/swarm-platform.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { CliContext } from './context.ts';

/** The swarm a command works on, and everything its operations need. */
export interface Connection extends OperationContext {
  readonly target: EngineTarget;
  readonly reader: SwarmReader;
  /** True when the engine belongs to a lab of this machine: its images are built outside of it. */
  readonly isLab: boolean;
}

export interface ConnectOptions {
  readonly context?: string | undefined;
  readonly report: Report;
  /** A compose file of the user's own. */
  readonly file?: string | undefined;
}

/** An engine that does not answer is said to within this time. */
const CONNECT_TIMEOUT_MS = 4500;

/**
 * Finds the swarm: the engine that docker itself would use; where nothing names one and that engine is no swarm manager,
 * the lab of this machine (of several, the one with the default name).
 *
 * @throws UnreachableError, InvalidStateError (not a manager), NotFoundError (no such context)
 */
export async function connect(cli: CliContext, options: ConnectOptions): Promise<Connection> {
  return connectTarget(cli, await chooseTarget(cli, options), options);
}

/** As {@link connect}, to an engine that has been found already. */
export function connectTarget(
  cli: CliContext,
  target: EngineTarget,
  { report, file }: Omit<ConnectOptions, 'context'>,
): Connection {
  const reader = new SwarmReader(target.api);
  return {
    target,
    reader,
    isLab: isLabSocket(cli, target),
    platform: new SwarmPlatform({
      reader,
      shell: new LocalShell(),
      dockerEnv: target.dockerEnv,
      composeFile: file === undefined ? path.join(cli.projectRoot, 'docker-compose.yml') : path.resolve(cli.cwd, file),
    }),
    network: { fetchPage, acceptsConnection },
    locks: new SwarmLocks(reader.client),
    report,
    signal: cli.signal,
  };
}

async function chooseTarget(cli: CliContext, { context, report }: ConnectOptions): Promise<EngineTarget> {
  const target = await resolveEngineTarget({ context, env: cli.env, shell: new LocalShell() });
  if (target.isExplicit) return checkManager(target);
  const labs = findLabs(cli.env);
  const lab = labs.length === 1 ? labs[0] : labs.find(({ name }) => name === DEFAULT_LAB);
  try {
    return await checkManager(target);
  } catch (error) {
    if (!lab) throw error;
    const labTarget = await checkManager(socketTarget(lab.managerSocket, lab.contextName)).catch(() => {
      throw error;
    });
    report({ type: 'note', message: `using the lab "${lab.name}" (docker context ${lab.contextName})` });
    return labTarget;
  }
}

async function checkManager(target: EngineTarget): Promise<EngineTarget> {
  const { client } = new SwarmReader(target.api);
  // Asked first because it takes a tenth of the time of the whole `GET /info`, which says why it is no manager.
  if (!(await client.isManager(CONNECT_TIMEOUT_MS))) {
    assertManager(await client.readInfo(CONNECT_TIMEOUT_MS), target.api.name);
  }
  return target;
}

function isLabSocket(cli: CliContext, { api: { endpoint } }: EngineTarget): boolean {
  return endpoint.kind === 'unix' && findLabs(cli.env).some((lab) => lab.managerSocket === endpoint.socketPath);
}
