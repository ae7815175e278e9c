import type { IDockerComposeOptions } from 'docker-compose';

import type { ComposeDocument } from '../../compose/compose-document.ts';
import { roleOf } from '../../compose/resolve-services.ts';
import { CommandError, ConfigError, ConflictError, EngineError, InvalidStateError } from '../../errors.ts';
import { composeHint } from './compose-hint.ts';
import type { Shell } from '../shell/shell.ts';

/** Environment of the docker command line, which points it to one engine. */
type DockerEnv = Readonly<Record<string, string>>;

export interface UpOptions {
  readonly project: string;
  readonly document: ComposeDocument;
  /** Relative paths that are still in the document are relative to this. */
  readonly cwd: string;
  /** `worker` and how many; the other services stay as they are. */
  readonly scale?: { readonly service: string; readonly count: number };
  readonly progress: (detail: string) => void;
}

interface Failure {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Docker Compose v2, as the plugin of docker or as the program `docker-compose`, through the npm package docker-compose.
 *
 * The package has one trap per failure: a status other than 0 rejects with a plain object, a missing program with an Error,
 * and a missing plugin with docker's complaint about an unknown flag. All of them leave here as our own errors.
 */
export class ComposeClient {
  readonly #shell: Shell;
  readonly #env: DockerEnv;
  #isStandalone: Promise<boolean> | undefined;

  constructor(shell: Shell, env: DockerEnv) {
    this.#shell = shell;
    this.#env = env;
  }

  /**
   * A compose file, checked and with its variables filled in by Compose itself.
   *
   * @throws ConfigError with Compose's words; InvalidStateError when there is no Compose v2
   */
  async config(file: string, project: string): Promise<ComposeDocument> {
    const { config } = await import('./docker-compose.ts');
    const result = await this.#run(
      async (options) =>
        config({ ...options, config: file, composeOptions: ['-p', project], commandOptions: ['--format', 'json'] }),
      (failure) => fileProblem(file, failure),
    );
    const { name: _, ...document } = JSON.parse(result.out) as ComposeDocument & { readonly name?: string };
    return document;
  }

  /**
   * Makes the project's containers those of the document, and starts them.
   *
   * @throws ConflictError if a port is taken; EngineError with Compose's words
   */
  async up({ project, document, cwd, scale, progress }: UpOptions): Promise<void> {
    const { upOne } = await import('./docker-compose.ts');
    const work = async (options: ComposeCall): Promise<unknown> => {
      const common = {
        ...options,
        cwd,
        configAsString: JSON.stringify(document),
        composeOptions: ['-p', project, '--ansi', 'never'],
        callback: (chunk: Buffer) => lastLine(chunk.toString(), progress),
      };
      // What runs goes on, whatever this release of Compose thinks of it.
      if (!scale) return upServices(document, common);
      const flags = ['--no-recreate', '--no-deps', '--scale', `${scale.service}=${scale.count}`];
      return upOne(scale.service, { ...common, commandOptions: flags });
    };
    await this.#run(work, (failure) => startProblem(project, failure));
  }

  async #run<T>(work: (options: ComposeCall) => Promise<T>, translate: (failure: Failure) => Error): Promise<T> {
    const standalone = await this.#findProgram();
    try {
      return await work({
        // The package replaces the whole environment by the one it is given.
        env: { ...process.env, ...this.#env },
        ...(standalone ? { executable: { standalone: true as const } } : {}),
      });
    } catch (error) {
      throw isFailure(error) ? translate(error) : error;
    }
  }

  /** @throws InvalidStateError with the command that installs it */
  async #findProgram(): Promise<boolean> {
    this.#isStandalone ??= this.#look();
    return this.#isStandalone;
  }

  async #look(): Promise<boolean> {
    if (await this.#answers(['docker', 'compose', 'version', '--short'])) return false;
    if (await this.#answers(['docker-compose', 'version', '--short'])) return true;
    throw new InvalidStateError(
      'Cannot run Docker Compose v2: neither "docker compose" nor "docker-compose" is there',
      {
        hint: await composeHint(),
      },
    );
  }

  /** Debian 12's docker-compose is 1.29: another program, which knows neither `deploy` nor our labels. */
  async #answers(command: readonly [string, ...string[]]): Promise<boolean> {
    try {
      const { stdout } = await this.#shell.run(command, { env: this.#env });
      return /^v?([2-9]|[1-9][0-9]+)\./.test(stdout.trim());
    } catch (error) {
      if (error instanceof CommandError) return false;
      throw error;
    }
  }
}

interface ComposeCall {
  readonly env: NodeJS.ProcessEnv;
  readonly executable?: { readonly standalone: true };
}

/** Spark's own first; others may be replaced by Compose, which keeps their anonymous volumes. */
async function upServices(document: ComposeDocument, options: IDockerComposeOptions): Promise<void> {
  const { upMany } = await import('./docker-compose.ts');
  const names = Object.keys(document.services);
  const sparks = names.filter((name) => roleOf(document.services[name] ?? {}) !== undefined);
  const others = names.filter((name) => !sparks.includes(name));
  await upMany(sparks, { ...options, commandOptions: ['--no-recreate'] });
  if (others.length > 0) await upMany(others, { ...options, commandOptions: ['--no-deps'] });
}

function lastLine(text: string, progress: (detail: string) => void): void {
  const line = text.trim().split('\n').at(-1)?.trim();
  if (line) progress(line);
}

/** Compose reads the file and asks nobody: whatever it complains of is in the file. */
function fileProblem(file: string, failure: Failure): ConfigError {
  const words = tidy(failure).replaceAll(`validating ${file}: `, '');
  return new ConfigError(file, [words], { cause: failure });
}

function startProblem(project: string, failure: Failure): ConflictError | EngineError {
  const words = tidy(failure);
  if (/port is already allocated|address already in use/.test(words)) {
    return new ConflictError(`Cannot start the cluster "${project}": a port is taken: ${words}`, {
      hint: '--port ui=0 takes a free one',
      cause: failure,
    });
  }
  return new EngineError(`Docker Compose could not bring up the cluster "${project}": ${words}`, 500, {
    cause: failure,
  });
}

/** The last lines, without warnings and those that only say how far it came. */
function tidy({ err, out }: Failure): string {
  const lines = (err || out)
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !/^(Container|Network|Volume) \S+ {1,2}\w+$|^time="[^"]*" level=warning /.test(line),
    );
  return lines.slice(-3).join('; ');
}

function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && 'exitCode' in error && 'err' in error;
}
