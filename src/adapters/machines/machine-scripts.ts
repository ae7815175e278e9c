import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { MachineScripts } from '../../machines/machine-scripts.ts';

export type { MachineScripts };

/** @param projectRoot the folder that holds `docker/machine/` */
export async function readMachineScripts(projectRoot: string): Promise<MachineScripts> {
  const read = async (name: string): Promise<string> =>
    readFile(path.join(projectRoot, 'docker', 'machine', name), 'utf8');
  const [facts, reach, installEngine] = await Promise.all([
    read('facts.sh'),
    read('reach.sh'),
    read('install-engine.sh'),
  ]);
  return { facts, reach, installEngine };
}
