import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { placeOf, toConfigError } from '../../config/problem.ts';
import { UsageError } from '../../errors.ts';
import { readJobWish } from '../../jobs/job-file.ts';
import type { JobWish } from '../../jobs/job-wish.ts';

/**
 * A job file, YAML or JSON. What is wrong in it is among the wish's problems, each with its place, so that it is told together
 * with all the rest.
 *
 * @param shown the file as the user names it
 * @throws UsageError if it cannot be read; ConfigError if there is no job in it
 */
export async function readJobFile(shown: string, cwd: string): Promise<JobWish> {
  const bytes = await readFile(path.resolve(cwd, shown)).catch((error: unknown) => {
    throw new UsageError(`Cannot read the job file ${shown}: ${reasonOf(error)}`, { cause: error });
  });
  const { parseYaml } = await import('../files/parsed-yaml.ts');
  const { file, faults } = parseYaml(bytes.toString());
  const folder = path.dirname(shown);
  const { wish, problems } = file ? readJobWish(file, folder === '.' ? '' : folder) : { wish: undefined, problems: [] };
  if (!wish) throw toConfigError(shown, [...faults, ...problems]);
  const all = [...faults, ...problems].toSorted((a, b) => a.line - b.line || a.column - b.column);
  return {
    ...wish,
    problems: all.map((problem) => ({ message: `${placeOf(shown, problem)}: ${problem.message}` })),
  };
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'it is a folder' : message;
}
