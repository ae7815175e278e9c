import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text as readText } from 'node:stream/consumers';

import { UnreachableError } from '../../errors.ts';
import type { MachineShell, ScriptOptions, ScriptResult } from '../../machines/machine.ts';
import { hasTerminal, runAttached } from '../shell/attached-program.ts';

const SCRIPT_TIMEOUT_MS = 30_000;
/** `docker exec` itself: no such container, it is not running, no engine. Source: docker/cli `cli/command/container/exec.go`. */
const OWN_FAILURE = /^(?:Error response from daemon|Error: No such container|Cannot connect to the Docker daemon)/m;

export interface LabNodeContainer {
  /** Host name of the node: `lab-2`. */
  readonly node: string;
  readonly containerId: string;
  /** Points the docker command line to the engine the container is in. */
  readonly dockerEnv: Readonly<Record<string, string>>;
}

/** Programs in a lab's node: its container is the machine, and everybody in there is root. */
export class LabShell implements MachineShell {
  readonly host: string;
  readonly #place: LabNodeContainer;

  constructor(place: LabNodeContainer) {
    this.host = `${place.node} (lab)`;
    this.#place = place;
  }

  async runScript(script: string, options: ScriptOptions): Promise<ScriptResult> {
    const { args = [], timeoutMs = SCRIPT_TIMEOUT_MS, signal } = options;
    signal.throwIfAborted();
    const limit = AbortSignal.timeout(timeoutMs);
    // By the docker command line: the script goes through standard input, which the engine's API gives only by a hijacked
    // connection, and that is what this command is.
    const child = spawn('docker', ['exec', '-i', this.#place.containerId, 'sh', '-s', '--', ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#place.dockerEnv },
      signal: AbortSignal.any([signal, limit]),
    });
    const failed = new Promise<Error | undefined>((resolve) => {
      child.once('error', resolve);
      child.once('close', () => resolve(undefined));
    });
    // A script that ends before it is read to its end, by `exit`, closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(script);
    if (options.onLine) createInterface({ input: child.stdout }).on('line', options.onLine);
    const [stdout, stderr, error] = await Promise.all([readText(child.stdout), readText(child.stderr), failed]);
    signal.throwIfAborted();
    if (limit.aborted) throw this.#unreachable(`the script did not end within ${timeoutMs / 1000} s`);
    if (error) throw this.#unreachable(error.message, error);
    const status = child.exitCode ?? 255;
    if (status !== 0 && OWN_FAILURE.test(stderr)) throw this.#unreachable(stderr.trim());
    return { status, stdout, stderr };
  }

  async attach(argv: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<number> {
    const terminal = hasTerminal() ? ['-t'] : [];
    // One line for the shell there, as ssh has it.
    const command = argv.length === 0 ? ['sh', '-l'] : ['sh', '-c', argv.join(' ')];
    return runAttached(['docker', 'exec', '-i', ...terminal, this.#place.containerId, ...command], {
      env: this.#place.dockerEnv,
      signal,
    });
  }

  #unreachable(seen: string, cause?: unknown): UnreachableError {
    return new UnreachableError(`Cannot enter the lab's node ${this.#place.node}: ${seen}`, {
      cause,
      hint: 'spark-swarm lab status shows what is wrong, spark-swarm lab up repairs it',
    });
  }
}
