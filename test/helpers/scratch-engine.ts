import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { EngineApi } from '../../src/adapters/engine/engine-api.ts';

/**
 * A real engine, started here: images are stored and loaded, nothing runs in it. It has a network namespace of its
 * own, because an engine without a bridge (`--bridge=none`) removes the `docker0` it finds, which is another engine's.
 */
export class ScratchEngine implements AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  readonly api: EngineApi;
  #process: ChildProcess | undefined;

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
    this.api = new EngineApi({ kind: 'unix', socketPath: path.join(folder, 'docker.sock') }, name);
  }

  async start(): Promise<void> {
    const { folder } = this;
    await mkdir(folder, { recursive: true });
    await rm(path.join(folder, 'pid'), { force: true });
    const flags = ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false'];
    const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '-p', `${folder}/pid`];
    this.#process = spawn(
      'unshare',
      ['--net', '--mount', 'dockerd', ...places, '-H', `unix://${folder}/docker.sock`, ...flags],
      {
        stdio: 'ignore',
      },
    );
    for (let tries = 0; ; tries++) {
      if (
        await this.api.get('/_ping', { timeoutMs: 1000 }).then(
          () => true,
          () => false,
        )
      )
        return;
      if (tries === 600 || this.#process.exitCode !== null)
        throw new Error(`${this.name} does not start; run it by hand: dockerd --data-root ${folder}/data`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it at once, as a power cut does: the engine and the containerd that it started. */
  async kill(): Promise<void> {
    const containerd = Number(await readFile(path.join(this.folder, 'exec/containerd/containerd.pid'), 'utf8'));
    await this.#end('SIGKILL');
    try {
      process.kill(containerd, 'SIGKILL');
    } catch {
      // It has ended with its engine.
    }
    // Or the next start waits for the containerd of this number, which may stay a zombie where PID 1 does not reap.
    await rm(path.join(this.folder, 'exec'), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    this.signal('SIGCONT');
    // Its containerd ends with it only when it may say good-bye.
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const engine = this.#process;
    if (!engine || engine.exitCode !== null || engine.signalCode !== null) return;
    const ended = once(engine, 'exit');
    engine.kill(signal);
    await ended;
  }
}
