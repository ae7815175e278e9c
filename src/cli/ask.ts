import { ConflictError, InterruptedError } from '../errors.ts';
import type { CliContext } from './context.ts';
import { withScreenHeld } from './live-screen.ts';

/**
 * Asks before something is lost. Comes back when the answer is yes, at once with `--yes`.
 * A live list of steps waits meanwhile.
 *
 * @param question complete, with what will happen: `Remove the cluster "spark"? 1 application is running`
 * @throws ConflictError if there is no terminal to ask on; InterruptedError if the answer is no
 */
export async function confirm(
  cli: CliContext,
  question: string,
  { yes }: { readonly yes: boolean | undefined },
): Promise<void> {
  if (yes) return;
  if (!cli.stdin.isTTY || !cli.stderr.isTTY) {
    throw new ConflictError(`There is no terminal to ask on: ${question}`, { hint: 'add --yes to answer with yes' });
  }
  const prompts = await import('@clack/prompts');
  const ask = async (): Promise<unknown> =>
    prompts.confirm({
      message: question,
      initialValue: false,
      input: cli.stdin,
      output: cli.stderr,
      signal: cli.signal,
    });
  const answer = await withScreenHeld(cli, ask);
  cli.signal.throwIfAborted();
  if (typeof answer === 'symbol') throw new InterruptedError('Interrupted');
  if (answer !== true) throw new InterruptedError('Nothing was changed: the answer was no');
}
