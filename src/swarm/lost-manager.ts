import type { Shell } from '../adapters/shell/shell.ts';
import { UnreachableError } from '../errors.ts';
import { readContext } from './docker-context.ts';
import { swarmContextDescription, swarmContextName } from './swarm-name.ts';

/** The manager behind a swarm's docker context is silent: the others, if there are any, may be as well as ever. */
export function withOtherManagers(error: unknown, swarm: string): unknown {
  if (!(error instanceof UnreachableError)) return error;
  const first = error.hint === undefined ? '' : `${error.hint}; `;
  return new UnreachableError(error.message, {
    hint: `${first}if that machine is lost: spark-swarm swarm create --name ${swarm} --hosts … with the machines that are left leads the context to another manager`,
    cause: error.cause ?? error,
  });
}

/** The same, where it is to be found out whether the context is that of a swarm of ours. */
export async function explainSilence(
  error: unknown,
  context: string | undefined,
  shell: Shell,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof UnreachableError) || context === undefined || signal.aborted) return error;
  const swarm = context.replace(/^spark-/, '');
  const name = { name: swarmContextName(swarm), description: swarmContextDescription(swarm) };
  if (name.name !== context) return error;
  return (await readContext(shell, name, signal))?.isOurs ? withOtherManagers(error, swarm) : error;
}
