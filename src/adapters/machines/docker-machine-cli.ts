import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text as readText } from 'node:stream/consumers';

import { InvalidStateError, NotFoundError, WaitTimeoutError } from '../../errors.ts';
import { explainMachine } from '../../machines/docker-machine/explain-machine.ts';
import { inspectArguments, listArguments, BOOTSTRAP_MACHINE } from '../../machines/docker-machine/machine-argv.ts';
import { parseInspect, type InspectedMachine } from '../../machines/docker-machine/parse-inspect.ts';
import { machineStore } from '../engine/tls-files.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_LIMIT_MS = 30_000;
/** Between the request to end and the end by force. */
const GRACE_MS = 3000;

export interface DockerMachineRun {
  readonly signal: AbortSignal;
  /** Default 30 s. */
  readonly limitMs?: number;
  /** The machine it is about: calls about one machine wait for each other. */
  readonly machine?: string;
  /** Each line of both outputs, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface DockerMachineEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** By store and machine: the end of the last call about it. docker-machine writes its files without atomicity. */
const lastCalls = new Map<string, Promise<unknown>>();

/**
 * docker-machine's command line. Its words are in no message: flags of drivers may be passwords of clouds.
 *
 * Nothing that dials machines is called again and again: it drops its connections, and an sshd from 9.8 on locks out who does
 * that often.
 */
export class DockerMachineCli {
  /** Folder of its machines and certificates. */
  readonly store: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: Environment) {
    this.store = machineStore(env);
    // A failed `create` otherwise sends a report to somebody.
    this.#env = { ...env, MACHINE_STORAGE_PATH: this.store, MACHINE_BUGSNAG_API_TOKEN: 'no-report' };
  }

  /**
   * Runs it to its end, whatever that is.
   *
   * @throws NotFoundError without docker-machine; WaitTimeoutError; the signal's reason. Then it and its drivers are ended
   */
  async run(args: readonly string[], options: DockerMachineRun): Promise<DockerMachineEnd> {
    const { machine } = options;
    if (machine === undefined) return this.#run(args, options);
    const key = `${this.store}\0${machine}`;
    const before = lastCalls.get(key) ?? Promise.resolve();
    const call = before.then(async () => this.#run(args, options));
    lastCalls.set(
      key,
      call.catch(() => {}),
    );
    return call;
  }

  async #run(
    args: readonly string[],
    { signal, limitMs = DEFAULT_LIMIT_MS, onLine }: DockerMachineRun,
  ): Promise<DockerMachineEnd> {
    signal.throwIfAborted();
    const child = await this.start(args, ['ignore', 'pipe', 'pipe']);
    const limit = AbortSignal.timeout(limitMs);
    const release = endWith(child, AbortSignal.any([signal, limit]));
    try {
      const [stdout, stderr] = [child.stdout, child.stderr].map(async (pipe) => {
        if (!pipe) return '';
        if (onLine) createInterface({ input: pipe }).on('line', onLine);
        return readText(pipe);
      });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      const result = { status: await ended, stdout: (await stdout) ?? '', stderr: (await stderr) ?? '' };
      signal.throwIfAborted();
      if (!limit.aborted) return result;
      throw new WaitTimeoutError(`docker-machine ${args[0]} did not end within ${limitMs / 1000} s`, {
        hint: 'is what the driver works with there? docker-machine -D shows what it waits for',
      });
    } finally {
      release();
    }
  }

  /**
   * Starts it in a process group of its own, because drivers are processes beside it.
   *
   * @throws NotFoundError without docker-machine
   */
  async start(args: readonly string[], stdio: StdioOptions, isDetached = true): Promise<ChildProcess> {
    const child = spawn('docker-machine', args, { stdio, env: this.#env, detached: isDetached });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'ENOENT'
            ? new NotFoundError('There is no docker-machine on this machine', {
                cause: error,
                hint: 'put the program docker-machine on PATH; hosts that are there already are taken with --hosts, without it',
              })
            : error,
        );
      });
    });
    return child;
  }

  /** Names of all machines. Dials nobody. */
  async list(signal: AbortSignal): Promise<readonly string[]> {
    const { status, stdout, stderr } = await this.run(listArguments(), { signal });
    if (status !== 0) throw new InvalidStateError(`Cannot list docker-machine's machines: ${explain(stderr, '')}`);
    return stdout.split('\n').filter((name) => name !== '' && name !== BOOTSTRAP_MACHINE);
  }

  /** What its store has of a machine. Dials nobody. @throws NotFoundError, InvalidStateError */
  async inspect(name: string, signal: AbortSignal): Promise<InspectedMachine> {
    for (let tries = 0; ; tries++) {
      const { status, stdout, stderr } = await this.run(inspectArguments(name), { signal, machine: name });
      try {
        if (status === 0) return parseInspect(name, stdout);
        const { kind, seen, hint } = explainMachine(stderr, { name, driver: '' });
        const message = `Cannot read what docker-machine has of the machine ${name}: ${seen}`;
        if (kind === 'not-found') throw new NotFoundError(message, { hint });
        throw new InvalidStateError(message, { hint: `docker-machine inspect ${name}` });
      } catch (error) {
        // Another process was just writing the file.
        if (tries === 2 || !(error instanceof InvalidStateError)) throw error;
      }
    }
  }
}

function explain(stderr: string, name: string): string {
  return explainMachine(stderr, { name, driver: '' }).seen;
}

/** Ends a process and all that it has started when the signal says so. @returns what forgets the signal again */
export function endWith(child: ChildProcess, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const kill = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // They have ended by themselves.
    }
  };
  const end = (): void => {
    kill('SIGTERM');
    timer = setTimeout(() => kill('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    if (signal.aborted) kill('SIGKILL');
  };
}
