import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { JobScripts } from '../../jobs/job-scripts.ts';

/** @param projectRoot the folder that holds `docker/job/` */
export async function readJobScripts(projectRoot: string): Promise<JobScripts> {
  const read = async (name: string): Promise<string> =>
    readFile(path.join(projectRoot, 'docker', 'job', `${name}.sh`), 'utf8');
  const shared = await read('lib');
  const script = async (name: keyof JobScripts): Promise<string> => `${shared}\n${await read(name)}`;
  const [launch, wrapper, snapshot, offsets, follow, wait, cancel, sizes, clean, fail, exportScript] =
    await Promise.all([
      script('launch'),
      script('wrapper'),
      script('snapshot'),
      script('offsets'),
      script('follow'),
      script('wait'),
      script('cancel'),
      script('sizes'),
      script('clean'),
      script('fail'),
      script('export'),
    ]);
  return { launch, wrapper, snapshot, offsets, follow, wait, cancel, sizes, clean, fail, export: exportScript };
}
