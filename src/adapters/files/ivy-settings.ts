import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { ConfigError } from '../../errors.ts';

const VARIABLE = 'SPARK_SWARM_IVY_SETTINGS';

/**
 * The file by which this machine resolves maven coordinates: the one that SPARK_SWARM_IVY_SETTINGS names, or
 * `~/.ivy2/ivysettings.xml`; `undefined` when there is none. An empty variable means none, too.
 *
 * @throws ConfigError when the variable names what is no file
 */
export function findIvySettings(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const named = env[VARIABLE];
  if (named === '') return undefined;
  if (named === undefined) {
    const usual = path.join(env['HOME'] ?? homedir(), '.ivy2', 'ivysettings.xml');
    return isFile(usual) ? usual : undefined;
  }
  const file = path.resolve(named);
  if (!isFile(file)) throw new ConfigError(VARIABLE, [`no such file: ${file}`]);
  return file;
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
