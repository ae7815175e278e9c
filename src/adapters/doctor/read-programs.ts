import type { ProgramsReading } from '../../doctor/machine-reading.ts';
import { CommandError } from '../../errors.ts';
import { unlessAborted } from '../../signals.ts';
import { composeHint } from '../compose/compose-hint.ts';
import type { Argv, Shell } from '../shell/shell.ts';
import type { MachineSources } from './read-machine.ts';

/** The command line waits for ever for an engine that has begun to hang. Less than a check may take: others need the rest. */
const ANSWER_LIMIT_MS = 6500;
/** What the docker command line says when the engine speaks no version of the API that it knows. */
const REFUSAL = /client version \S+ is too (?:old|new)|API version/i;

/** Versions of docker's programs, each as it prints it. */
export async function readPrograms({ shell, dockerEnv, signal }: MachineSources): Promise<ProgramsReading> {
  const run = async (command: Argv): Promise<string | undefined> => firstLine(shell, command, signal);
  const [docker, compose, dockerCompose, buildx, refusal, hint] = await Promise.all([
    run(['docker', '--version']),
    run(['docker', 'compose', 'version', '--short']),
    run(['docker-compose', 'version', '--short']),
    run(['docker', 'buildx', 'version']),
    askEngine(shell, dockerEnv, signal),
    composeHint(),
  ]);
  return {
    docker: numberOf(docker),
    compose: numberOf(compose),
    dockerCompose: numberOf(dockerCompose),
    buildx: numberOf(buildx),
    composeHint: hint,
    refusal,
  };
}

/** Shape: `Docker version 28.2.2, build e6534b4`, `2.26.1-4`, `github.com/docker/buildx v0.19.3 …`. */
function numberOf(line: string | undefined): string | undefined {
  return line === undefined ? undefined : /(?<![\w.])v?(\d+\.\d[\w.+~-]*)/.exec(line)?.[1];
}

async function firstLine(shell: Shell, command: Argv, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await shell.run(command, { signal })).stdout.trim().split('\n')[0];
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** @returns why the two do not understand each other; empty when they do, or when there is no engine to ask */
async function askEngine(shell: Shell, dockerEnv: MachineSources['dockerEnv'], outer: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const signal = AbortSignal.any([outer, limit]);
  try {
    const env = await unlessAborted(dockerEnv(), signal);
    if (!env) return '';
    await shell.run(['docker', 'version', '--format', '{{.Server.Version}}'], { env, signal });
    return '';
  } catch (error) {
    outer.throwIfAborted();
    if (limit.aborted) return '';
    if (!(error instanceof CommandError)) throw error;
    return REFUSAL.test(error.stderr) ? (error.stderr.trim().split('\n').at(-1) ?? '') : '';
  }
}
