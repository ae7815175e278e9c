import path from 'node:path';

import type { LabTools } from '../../lab/lab-machine.ts';
import { resolveEngineTarget, socketTarget, type EngineTarget } from '../engine/engine-target.ts';
import { EngineApi } from '../engine/engine-api.ts';
import type { Shell } from '../shell/shell.ts';
import { currentRuntimeFolder } from './find-labs.ts';
import { LocalMachine } from './local-machine.ts';

export interface LabToolsChoice {
  /** Value of `--context`: the engine in which the nodes run. */
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell: Shell;
  /** Folder that holds `docker/node/` and `nfs/`. */
  readonly projectRoot: string;
}

/** What labs are made and read with on this machine. */
export async function openLabTools(choice: LabToolsChoice): Promise<LabTools> {
  const folder = currentRuntimeFolder(choice.env);
  return {
    outer: leaveLab(await resolveEngineTarget(choice), folder, choice.context !== undefined),
    shell: choice.shell,
    machine: new LocalMachine(folder),
    openNode: (socketPath, name) => new EngineApi({ kind: 'unix', socketPath }, `node ${name} (unix://${socketPath})`),
    nodeImageFolder: path.join(choice.projectRoot, 'docker', 'node'),
    defaultDataFolder: path.join(choice.projectRoot, 'nfs'),
  };
}

/** With a lab's context as the current one, "the engine" of a lab is still the machine's, not the lab's own manager. */
function leaveLab(target: EngineTarget, folder: string, isAsked: boolean): EngineTarget {
  const { endpoint } = target.api;
  const isLab = endpoint.kind === 'unix' && endpoint.socketPath.startsWith(`${folder}/`);
  return isLab && !isAsked ? socketTarget('/var/run/docker.sock') : target;
}
