import { statSync, type Stats } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Setting } from '../../config/check-settings.ts';
import { ConflictError, UsageError } from '../../errors.ts';

export const PROJECT_FILE = 'spark-swarm.yaml';

/** A project file that is there. */
export interface FoundFile {
  readonly file: string;
  /** As messages name it: relative to where the user is. */
  readonly shown: string;
}

/** A project file without a fault. */
export interface ProjectFile extends FoundFile {
  readonly settings: readonly Setting[];
}

/**
 * The project file: the one that SPARK_SWARM_CONFIG names, else the nearest `spark-swarm.yaml` upwards. Every command pays
 * for this where there is no such file, so it only asks whether one is there.
 *
 * @throws UsageError if SPARK_SWARM_CONFIG names no file
 */
export function findProjectFile(cwd: string, env: Readonly<Record<string, string | undefined>>): FoundFile | undefined {
  const named = env['SPARK_SWARM_CONFIG'];
  if (named) {
    const file = path.resolve(cwd, named);
    // Also a device, so that SPARK_SWARM_CONFIG=/dev/null means no file.
    const found = lookAt(file);
    if (found && !found.isDirectory()) return { file, shown: named };
    throw new UsageError(
      `SPARK_SWARM_CONFIG: got ${JSON.stringify(named)}; ${found ? 'that is a folder' : 'there is no such file'}`,
    );
  }
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const file = path.join(folder, PROJECT_FILE);
    const found = lookAt(file);
    if (found?.isFile() && isOurs(found, folder)) return { file, shown: path.relative(cwd, file) };
    if (folder === path.dirname(folder)) return undefined;
  }
}

/**
 * Reads and checks a project file.
 *
 * @throws ConfigError with every problem of it; UsageError if it cannot be read
 */
export async function readProjectFile({ file, shown }: FoundFile): Promise<ProjectFile> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`Cannot read ${shown}: ${(error as Error).message}`, { cause: error });
  });
  const { parseYaml } = await import('./parsed-yaml.ts');
  const { checkSettings } = await import('../../config/check-settings.ts');
  const { toConfigError } = await import('../../config/problem.ts');
  const { file: parsed, faults } = parseYaml(text);
  if (!parsed) throw toConfigError(shown, faults);
  const { settings, problems } = checkSettings(parsed);
  if (faults.length + problems.length > 0) throw toConfigError(shown, [...faults, ...problems]);
  return { file, shown, settings };
}

/** @throws ConflictError if there is such a file already; UsageError if it cannot be written */
export async function writeNewProjectFile(file: string, shown: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw fileExists(shown, error);
    const seen = code === 'ENOENT' ? 'there is no such folder' : message;
    throw new UsageError(`Cannot write ${shown}: ${seen}`, { cause: error });
  }
}

/** @throws ConflictError if there is something of that name */
export function refuseExisting(file: string, shown: string): void {
  if (lookAt(file)) throw fileExists(shown);
}

function fileExists(shown: string, cause?: unknown): ConflictError {
  return new ConflictError(`${shown} is there already; it was not changed`, {
    hint: '--file writes another one; "spark-swarm config show" checks this one',
    cause,
  });
}

function lookAt(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    // A folder that may not be looked into, or a name too long: nothing of ours is there.
    return undefined;
  }
}

/** In a folder where everybody may write, as /tmp, the file of another user is not for us to obey. */
function isOurs({ uid }: Stats, folder: string): boolean {
  const OTHERS_WRITE = 0o002;
  const isShared = ((lookAt(folder)?.mode ?? 0) & OTHERS_WRITE) !== 0;
  return !isShared || uid === 0 || uid === process.getuid?.();
}
