import { UnreachableError } from '../../errors.ts';
import { explainMachine, readRemoteStatus } from '../../machines/docker-machine/explain-machine.ts';
import { enterArguments } from '../../machines/docker-machine/machine-argv.ts';
import type { MachineShell, ScriptOptions, ScriptResult } from '../../machines/machine.ts';
import { explainSudo } from '../ssh/remote-failure.ts';
import { endWith, type DockerMachineCli } from './docker-machine-cli.ts';
import { ScriptSession, type SessionEnd } from './script-session.ts';

const SCRIPT_LIMIT_MS = 30_000;
const STATUS_LINE = 'exit status ';
/** Of standard error: docker-machine says in it why it could not log in. */
const KEPT_LENGTH = 8192;

/**
 * Programs on a machine by `docker-machine ssh`.
 *
 * Each such call dials port 22 once for nothing, and an sshd from 9.8 on locks out who does that often: so all scripts go
 * through one call, one after another, which lasts until the machine is closed.
 */
export class DockerMachineShell implements MachineShell {
  readonly host: string;
  readonly #name: string;
  readonly #user: string;
  readonly #cli: DockerMachineCli;
  #session: ScriptSession | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(cli: DockerMachineCli, { name, sshUser }: { readonly name: string; readonly sshUser: string }) {
    this.host = `${name} (docker-machine)`;
    this.#name = name;
    this.#user = sshUser;
    this.#cli = cli;
  }

  async runScript(script: string, options: ScriptOptions): Promise<ScriptResult> {
    const limit = AbortSignal.timeout(options.timeoutMs ?? SCRIPT_LIMIT_MS);
    const result = this.#last.then(async () => this.#run(script, options, limit));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(script: string, options: ScriptOptions, limit: AbortSignal): Promise<ScriptResult> {
    const signal = AbortSignal.any([options.signal, limit]);
    const needsSudo = (options.asRoot ?? true) && this.#user !== 'root';
    try {
      signal.throwIfAborted();
      const session = await this.#open();
      const result = await session.run(script, { ...options, needsSudo, signal });
      const failure =
        needsSudo && result.status !== 0 && result.stdout === ''
          ? explainSudo(result.stderr, { user: this.#user, host: this.#name, port: undefined })
          : undefined;
      if (failure) throw this.#unreachable(failure.message, failure.hint);
      return result;
    } catch (error) {
      // It may still be at work on the script.
      if (signal.aborted) this.close();
      options.signal.throwIfAborted();
      if (!limit.aborted) throw error;
      const seconds = (options.timeoutMs ?? SCRIPT_LIMIT_MS) / 1000;
      throw new UnreachableError(`The script on ${this.host} did not end within ${seconds} s`, {
        hint: 'is the machine busy, or gone? run the same command again',
        cause: error,
      });
    }
  }

  async #open(): Promise<ScriptSession> {
    if (this.#session?.isOpen) return this.#session;
    const child = await this.#cli.start(enterArguments(this.#name, ['sh']), 'pipe');
    this.#session = new ScriptSession(child, (end) => this.#explainEnd(end));
    return this.#session;
  }

  async attach(argv: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<number> {
    signal.throwIfAborted();
    // In this process's group, because only its members may use the terminal.
    const child = await this.#cli.start(enterArguments(this.#name, argv), ['inherit', 'inherit', 'pipe'], false);
    const end = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    let stderr = '';
    let written = 0;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const until = stderr.length - heldBack(stderr).length;
      process.stderr.write(stderr.slice(written, until));
      // A login shell may say much, for hours.
      stderr = stderr.slice(-KEPT_LENGTH);
      written = stderr.length - heldBack(stderr).length;
    });
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
    const remote = status === 0 ? { status, stderr } : readRemoteStatus(stderr);
    process.stderr.write((remote?.stderr ?? stderr).slice(written));
    if (remote === undefined || remote.status === 255) throw this.#explainEnd({ stderr });
    return remote.status;
  }

  /** Ends the session, if one is open. */
  close(): void {
    const child = this.#session?.child;
    this.#session = undefined;
    if (child) endWith(child, AbortSignal.abort())();
  }

  #explainEnd({ stderr }: SessionEnd): UnreachableError {
    const remote = readRemoteStatus(stderr);
    if (remote)
      return this.#unreachable(
        'docker-machine could not log in by ssh, or the connection was lost',
        `docker-machine ssh ${this.#name}`,
      );
    const { seen, hint } = explainMachine(stderr, { name: this.#name, driver: '' });
    return this.#unreachable(seen, hint);
  }

  #unreachable(seen: string, hint: string): UnreachableError {
    return new UnreachableError(`Cannot work on ${this.host}: ${seen}`, { hint });
  }
}

/** The end of the text that is, or may become, the line by which docker-machine says the status. */
function heldBack(text: string): string {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  const last = text.slice(text.lastIndexOf('\n', end - 1) + 1);
  const isStatus = STATUS_LINE.startsWith(last) || /^exit status \d*\n?$/.test(last);
  return last !== '' && isStatus ? last : '';
}
