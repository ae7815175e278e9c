import type { Readable } from 'node:stream';

import { EngineError, InvalidStateError, NotFoundError, UnreachableError } from '../../errors.ts';
import type { JobShell, ShellResult, ShellRunOptions, ShellStreamOptions } from '../../jobs/job-shell.ts';
import type { ContainerAccess } from '../../platforms/platform.ts';

export interface ExecJobShellOptions {
  /** How messages name it: `the master of "spark"`. */
  readonly place: string;
  /** Folder of the records in the container, absolute; a volume lies above it. */
  readonly base: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Finds the container; asked again after it could not be reached, because another may have come in its place. */
  readonly open: () => Promise<ContainerAccess>;
  /** What to type when the container has no such volume. */
  readonly hint: string;
}

/** Records in a container, and drivers beside them: everything goes by the engine's exec. */
export class ExecJobShell implements JobShell {
  readonly place: string;
  readonly base: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly #open: () => Promise<ContainerAccess>;
  readonly #hint: string;
  #access: Promise<ContainerAccess> | undefined;

  constructor({ place, base, owner, open, hint }: ExecJobShellOptions) {
    this.place = place;
    this.base = base;
    this.owner = owner;
    this.#open = open;
    this.#hint = hint;
  }

  async run(script: string, words: readonly string[], { timeoutMs, signal }: ShellRunOptions): Promise<ShellResult> {
    const options = timeoutMs === undefined ? { signal } : { signal, timeoutMs };
    return this.#reach(signal, async (access) => access.read(argvOf(script, words), options));
  }

  async stream(script: string, words: readonly string[], options: ShellStreamOptions): Promise<number> {
    return this.#reach(options.signal, async (access) => access.exec(argvOf(script, words), options));
  }

  /**
   * The engine unpacks as root, and keeps the archive's owners. The folder is in the image: no program has to make it.
   *
   * @throws InvalidStateError when it is not: the cluster is of an older version
   */
  async upload(archive: Readable, folder: string, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => void archive.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#reach(signal, async (access) => access.copyIn(archive, folder));
    } catch (error) {
      if (!(error instanceof UnreachableError && error.cause instanceof NotFoundError)) throw error;
      const { status } = await this.run('test -d "$1"', [folder], { signal });
      if (status === 0) throw error;
      const message = `Cannot keep jobs in ${this.place}: it has no folder ${folder}`;
      throw new InvalidStateError(message, { cause: error, hint: this.#hint });
    } finally {
      signal.removeEventListener('abort', onAbort);
      archive.destroy();
    }
  }

  /** A container that has stopped, is restarting, or was replaced since: nothing is known of the jobs in it. */
  async #reach<T>(signal: AbortSignal, work: (access: ContainerAccess) => Promise<T>): Promise<T> {
    try {
      this.#access ??= this.#open();
      return await work(await this.#access);
    } catch (error) {
      signal.throwIfAborted();
      this.#access = undefined;
      const isGone = error instanceof NotFoundError || (error instanceof EngineError && error.statusCode === 409);
      if (!isGone) throw error;
      throw new UnreachableError(`Cannot reach ${this.place}: ${error.message}`, {
        cause: error,
        hint: 'it is about to be started again, or not: spark-swarm status shows it',
      });
    }
  }
}

function argvOf(script: string, words: readonly string[]): readonly string[] {
  return ['sh', '-c', script, 'spark-swarm-job', ...words];
}
