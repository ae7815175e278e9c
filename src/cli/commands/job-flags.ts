import type { Command } from 'commander';

import { readJobFile } from '../../adapters/jobs/read-job-file.ts';
import { splitOwnFlags, wishFromWords, type JobFlags } from '../../jobs/job-words.ts';
import type { JobWish } from '../../jobs/job-wish.ts';
import { EXAMPLES } from '../../spark/submit-argv.ts';
import { UsageError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { addRepeatableOption, parseText } from '../options.ts';

export interface JobFileOptions {
  readonly file?: string;
  readonly inputUrl?: string;
  /** Not `--output`, which is the form of a result everywhere. */
  readonly outputUrl?: string;
}

/** Everything that says what a job is. Values are judged later, all together with what a job file says. */
export function addJobFlags(command: Command): Command {
  const lists: readonly (readonly [flags: string, description: string])[] = [
    ['--main <file>', 'the application, then other files it needs'],
    ['--lib <file>', 'a jar, or a .py, .zip or other file, that is brought along'],
    ['--arg <text>', 'an argument of the application'],
    ['--param <name=value>', "a variable in the job's environment"],
    ['--config <key=value>', 'spark.*, fs.*, or an older key, like edp.java.main_class'],
  ];
  command.option('--type <type>', 'spark or shell (default: spark)');
  for (const [flags, description] of lists) addRepeatableOption(command, { flags, description, parse: (text) => text });
  return command
    .option('--input-url <url>', 'where the data is: INPUT in the environment of the job')
    .option('--output-url <url>', 'where the results go: OUTPUT in the environment of the job')
    .option('--job-name <name>', 'name of the job (default: that of the application)')
    .option(
      '--id <id>',
      'id of the job, 12 of 0-9 and a-f: started once, however often this is run (default: a new one)',
    )
    .option('--driver <place>', 'where the driver runs: master, task, ssh://user@host')
    .option('--timeout <duration>', 'cancel the job after this time, like 30m (default: never)')
    .option('--grace <duration>', 'how long it may take to end after each of INT and TERM (default: 5s)')
    .option('--max-output <size>', 'keep the last 100m, say, of what it prints, of each output (default: all of it)')
    .option('--example <name>', `an example that the image holds: ${Object.keys(EXAMPLES).join(', ')}`)
    .option('--no-check', 'send jars without looking whether they are whole')
    .option('-f, --file <file>', 'job file, YAML or JSON; a flag that is typed wins', (text) =>
      parseText(text, '--file'),
    );
}

/**
 * The wish in a command line of `job run` or `submit`. Flags of ours that stand among spark-submit's options are given to the
 * command first: read its other options after this.
 *
 * @param words what the command line's parser left
 * @throws UsageError if the job file cannot be read; everything else that is wrong is told by `planJob`
 */
export async function readWish(cli: CliContext, command: Command, words: readonly string[]): Promise<JobWish> {
  const rest = takeOwnFlags(command, words);
  const { file, inputUrl: input, outputUrl: output, ...typed } = command.opts<JobFlags & JobFileOptions>();
  const flags = { ...typed, input, output };
  return wishFromWords(rest, flags, file === undefined ? undefined : await readJobFile(file, cli.cwd));
}

function takeOwnFlags(command: Command, words: readonly string[]): readonly string[] {
  const flags = new Map(
    command.options.flatMap((option) =>
      [option.short, option.long].flatMap((spelling): readonly (readonly [string, boolean])[] =>
        spelling ? [[spelling, option.required]] : [],
      ),
    ),
  );
  const { own, rest } = splitOwnFlags(words, flags);
  for (const [index, word] of own.entries())
    if (flags.get(word) && index === own.length - 1) throw new UsageError(`${word}: expected a value`);
  command.parseOptions([...own]);
  return rest;
}
