import path from 'node:path';

import { Command } from 'commander';

import {
  findProjectFile,
  PROJECT_FILE,
  readProjectFile,
  refuseExisting,
  writeNewProjectFile,
} from '../../adapters/files/project-file.ts';
import { listEffectiveValues, nestOrigins, nestValues, type EffectiveValue } from '../../config/effective-values.ts';
import { DEFAULT_ANSWERS, formatNewFile } from '../../config/new-file.ts';
import { applyProjectFile } from '../apply-project-file.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, addYesOption, type OutputOptions, type YesOptions } from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { applyEnvironment } from '../parse-rules.ts';
import { askAnswers } from './config-questions.ts';

type ShowOptions = OutputOptions & { readonly origin?: true };
type InitOptions = YesOptions & { readonly file: string };

/** `config show|init`. */
export function configure(command: Command, cli: CliContext): void {
  command.description(`The project file, ${PROJECT_FILE}: what holds where nothing is typed.`);
  configureShow(command.command('show').summary('show what holds, and check the file'), cli);
  configureInit(command.command('init').summary('write a new file'), cli);
}

function configureShow(command: Command, cli: CliContext): void {
  addOutputOption(command)
    .description(
      `Shows the values that hold where no flag is typed, and reports every problem of the file. It is the nearest ${PROJECT_FILE} upwards, or the one that SPARK_SWARM_CONFIG names.`,
    )
    .option('--origin', 'show where each value comes from');
  addExamples(command, [
    ['spark-swarm config show --origin', ''],
    ['SPARK_SWARM_CONFIG=/dev/null spark-swarm config show', 'without any file'],
  ]);
  command.action(async (options: ShowOptions) => {
    const found = findProjectFile(cli.cwd, cli.env);
    const file = found && (await readProjectFile(found));
    // The flags themselves have the last word about values: `deploy` has nearly all of them.
    const deploy = new Command('deploy');
    (await import('./deploy.ts')).configure(deploy, cli);
    applyEnvironment(deploy, cli.env);
    if (file) applyProjectFile(deploy, file);
    const values = listEffectiveValues(cli.env, file);
    const result = {
      file: file?.file ?? null,
      values: nestValues(values),
      ...(options.origin ? { origins: nestOrigins(values) } : {}),
    };
    await writeResult(cli, options.output, result, async () => formatValues(values, options.origin ?? false));
  });
}

async function formatValues(values: readonly EffectiveValue[], withOrigin: boolean): Promise<string> {
  return formatTable(
    withOrigin ? ['key', 'value', 'origin'] : ['key', 'value'],
    values.map(({ key, name, value = '', origin }) => [
      name === undefined ? key : `${key}.${name}`,
      typeof value === 'string' ? value : value.join(', '),
      ...(withOrigin ? [origin] : []),
    ]),
  );
}

function configureInit(command: Command, cli: CliContext): void {
  addYesOption(command)
    .description(
      'Writes a new project file: asks for name, platform and size, and has every other key as a comment. An existing file is never changed.',
    )
    .option('-f, --file <file>', 'where to write it', PROJECT_FILE);
  addExamples(command, [['spark-swarm config init --yes', 'the defaults, without questions']]);
  command.action(async ({ file: shown, yes }: InitOptions) => {
    const file = path.resolve(cli.cwd, shown);
    refuseExisting(file, shown);
    const answers = yes ? DEFAULT_ANSWERS : await askAnswers(cli, shown);
    await writeNewProjectFile(file, shown, formatNewFile(answers, schemaFor(file, cli.projectRoot)));
    cli.stdout.write(`Wrote ${shown}\n`);
  });
}

/** Only where the file and the schema lie in one project, because another machine has the same path then. */
function schemaFor(file: string, projectRoot: string): string | undefined {
  const schema = path.relative(path.dirname(file), path.join(projectRoot, 'schema', 'spark-swarm.schema.json'));
  return schema.startsWith('..') || path.isAbsolute(schema) ? undefined : `./${schema}`;
}
