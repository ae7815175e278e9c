import path from 'node:path';

import { ComposeClient } from '../adapters/compose/compose-client.ts';
import { placeOf } from '../adapters/engine/engine-place.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { VolumeLockStore } from '../adapters/engine/volume-lock-store.ts';
import { openToGroup, readFolder, readPerson } from '../adapters/files/data-folder.ts';
import { readMachine } from '../adapters/files/machine-settings.ts';
import { acceptsConnection, fetchPage } from '../adapters/http/fetch-page.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { ObjectLocks } from '../adapters/locks/object-locks.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { ConfigLockStore } from '../adapters/swarm/config-lock-store.ts';
import type { Report } from '../events.ts';
import type { OperationContext } from '../operations/operation.ts';
import { ContainerReader } from '../platforms/containers/container-reader.ts';
import { ContainersPlatform } from '../platforms/containers/containers-platform.ts';
import type { LocalFolders } from '../platforms/local-folders.ts';
import { SwarmPlatform } from '../platforms/swarm/swarm-platform.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';

/** What a connection needs to know of the process that makes it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Folder that holds `docker/`, `docker-compose.yml` and `nfs/`. */
  readonly projectRoot: string;
  readonly signal: AbortSignal;
}

/** The engine a command works on, and everything its operations need. */
export interface Connection extends OperationContext {
  readonly target: EngineTarget;
  /** `undefined` for containers of one engine. */
  readonly reader: SwarmReader | undefined;
  /** True when the engine belongs to a lab of this machine: its images are built outside of it. */
  readonly isLab: boolean;
  /** True when the engine runs on another machine: images may also come from this machine's own. */
  readonly isRemote: boolean;
}

export interface TargetOptions {
  readonly report: Report;
}

/** To the swarm that this engine manages. */
export function connectSwarm(around: Surroundings, target: EngineTarget, options: TargetOptions): Connection {
  const reader = new SwarmReader(target.api);
  const isLab = isLabTarget(around, target);
  const platform = new SwarmPlatform({
    reader,
    shell: new LocalShell(),
    dockerEnv: target.dockerEnv,
    composeFile: path.join(around.projectRoot, 'docker-compose.yml'),
    isLocal: placeOf(target).isLocal && !isLab,
    folders: localFolders(around),
    caBundle: async () => (await readMachine(around.env)).caBundle,
  });
  const locks = new ObjectLocks(new ConfigLockStore(reader.client));
  return { ...shared(around, options), target, reader, isLab, isRemote: !placeOf(target).isLocal, platform, locks };
}

/** To the containers of this engine. */
export function connectContainers(around: Surroundings, target: EngineTarget, options: TargetOptions): Connection {
  const isLab = isLabTarget(around, target);
  const platform = new ContainersPlatform({
    reader: createContainerReader(around, target),
    compose: new ComposeClient(new LocalShell(), target.dockerEnv),
    composeFile: path.join(around.projectRoot, 'docker-compose.yml'),
    isLocal: placeOf(target).isLocal && !isLab,
    folders: localFolders(around),
    caBundle: async () => (await readMachine(around.env)).caBundle,
  });
  const locks = new ObjectLocks(new VolumeLockStore(target.api));
  const isRemote = !placeOf(target).isLocal;
  return { ...shared(around, options), target, reader: undefined, isLab, isRemote, platform, locks };
}

export function createContainerReader(around: Pick<Surroundings, 'env'>, target: EngineTarget): ContainerReader {
  const place = placeOf(target);
  return new ContainerReader(target.api, { ...place, isLocal: place.isLocal && !isLabTarget(around, target) });
}

function shared(
  { signal }: Surroundings,
  { report }: TargetOptions,
): Pick<OperationContext, 'network' | 'report' | 'signal'> {
  return { network: { fetchPage, acceptsConnection }, report, signal };
}

function localFolders({ env, projectRoot }: Surroundings): LocalFolders {
  return {
    person: readPerson(env),
    defaultFolder: path.join(projectRoot, 'nfs'),
    read: readFolder,
    openToGroup,
  };
}

function isLabTarget({ env }: Pick<Surroundings, 'env'>, { api: { endpoint } }: EngineTarget): boolean {
  return endpoint.kind === 'unix' && findLabs(env).some((lab) => lab.managerSocket === endpoint.socketPath);
}
