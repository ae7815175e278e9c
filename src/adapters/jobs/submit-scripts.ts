import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { SubmitScripts } from '../../jobs/job-scripts.ts';

/** @param projectRoot the folder that holds `docker/job/` */
export async function readSubmitScripts(projectRoot: string): Promise<SubmitScripts> {
  const read = async (name: keyof SubmitScripts): Promise<string> =>
    readFile(path.join(projectRoot, 'docker', 'job', `${name}.sh`), 'utf8');
  const [start, drivers] = await Promise.all([read('start'), read('drivers')]);
  return { start, drivers };
}
