import { DEFAULT_ANSWERS, type NewFileAnswers } from '../../config/new-file.ts';
import { KEY_RULES, type KeyName } from '../../config/keys.ts';
import { ConflictError, InterruptedError, UsageError } from '../../errors.ts';
import type { CliContext } from '../context.ts';

/**
 * Asks for what a new project file shall say. Enter takes the default.
 *
 * @throws ConflictError if there is no terminal to ask on; InterruptedError if the user leaves
 */
export async function askAnswers(cli: CliContext, shown: string): Promise<NewFileAnswers> {
  if (!cli.stdin.isTTY || !cli.stderr.isTTY) {
    throw new ConflictError(`There is no terminal to ask on: what shall ${shown} say?`, {
      hint: 'add --yes to take the defaults',
    });
  }
  const prompts = await import('@clack/prompts');
  const terminal = { input: cli.stdin, output: cli.stderr, signal: cli.signal };
  const text = async (key: KeyName, message: string, initial: string | undefined, none = ''): Promise<string> =>
    answered(
      cli,
      await prompts.text({
        ...terminal,
        message,
        placeholder: initial ?? none,
        defaultValue: initial ?? '',
        validate: (typed) => (typed ? problemOf(key, typed) : undefined),
      }),
    );
  const name = await text('name', 'Name of the cluster', DEFAULT_ANSWERS.name);
  const platform = answered(
    cli,
    await prompts.select({
      ...terminal,
      message: 'Where does it live?',
      initialValue: '',
      options: [
        { value: '', label: 'not fixed', hint: 'each command chooses' },
        { value: 'swarm', label: 'swarm', hint: 'the nodes of a docker swarm' },
        { value: 'containers', label: 'containers', hint: 'one engine, by docker compose' },
      ],
    }),
  );
  const workers = await text('workers', 'How many workers?', DEFAULT_ANSWERS.workers);
  const workerCores = await text('workerCores', 'Cores of one worker', DEFAULT_ANSWERS.workerCores);
  const workerMemory = await text('workerMemory', 'Memory of one worker', undefined, 'what the cores need');
  return {
    name,
    platform: platform === '' ? undefined : platform,
    workers,
    workerCores,
    workerMemory: workerMemory === '' ? undefined : workerMemory,
  };
}

function answered(cli: CliContext, answer: string | symbol): string {
  cli.signal.throwIfAborted();
  if (typeof answer === 'symbol') throw new InterruptedError('Interrupted: no file was written');
  return answer;
}

function problemOf(key: KeyName, typed: string): string | undefined {
  try {
    KEY_RULES[key].parse?.(typed, key);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
