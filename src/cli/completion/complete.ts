import { createRequire } from 'node:module';
import path from 'node:path';

import type { CliContext } from '../context.ts';
import type { CompletionTable, ValueKind } from './command-tree.ts';
import { findCandidates, type Candidate } from './find-candidates.ts';

/** Where the build leaves the table, below the project's folder. */
export const TABLE_FILE = ['dist', 'cli', 'completion.json'];

/** Cobra's words to the shell, which the scripts understand: nothing special, and "no files". */
const FILES = 0;
const NO_FILES = 4;

/**
 * Answers a TAB: one candidate on a line, its description after a tab character, and a last line that says whether the shell
 * may offer files. `SPARK_SWARM_PROGRAM` is the program that is completed.
 *
 * Says nothing about what goes wrong: the user is in the middle of a line.
 *
 * @param argv `complete -- WORD…`, the last word being typed
 */
export async function complete(argv: readonly string[], cli: CliContext): Promise<void> {
  const table = createRequire(import.meta.url)(path.join(cli.projectRoot, ...TABLE_FILE)) as CompletionTable;
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  const program = cli.env['SPARK_SWARM_PROGRAM'] ?? 'spark-swarm';
  const { candidates, lookUp, typed, context } = findCandidates(table, program, words);
  const all = [...candidates, ...(await lookUpValues(lookUp, context, cli))];
  const lines = all
    .filter(({ value }) => value.startsWith(typed))
    .map(({ value, description }) => `${value}\t${description.replaceAll(/\s+/g, ' ')}\n`);
  cli.stdout.write(`${lines.join('')}:${lookUp === 'files' ? FILES : NO_FILES}\n`);
}

async function lookUpValues(
  kind: Extract<ValueKind, string>,
  context: string | undefined,
  { env }: CliContext,
): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'clusters': {
      const { listClusterNames } = await import('../../adapters/completion/cluster-names.ts');
      return asCandidates(await listClusterNames(context ?? env['SPARK_SWARM_CONTEXT'], env));
    }
    case 'contexts': {
      const { listContexts } = await import('../../adapters/completion/context-files.ts');
      const contexts = await listContexts(env);
      return [{ name: 'default', host: '' }, ...contexts].map(({ name, host }) => ({ value: name, description: host }));
    }
    case 'labs': {
      const { findLabs } = await import('../../adapters/labs/find-labs.ts');
      return asCandidates(findLabs(env).map(({ name }) => name));
    }
    case 'files':
    case 'none':
      return [];
    default:
      return kind satisfies never;
  }
}

function asCandidates(names: readonly string[]): readonly Candidate[] {
  return names.map((value) => ({ value, description: '' }));
}
