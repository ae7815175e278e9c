import { setTimeout as sleep } from 'node:timers/promises';

import { EngineApi } from '../src/adapters/engine/engine-api.ts';
import { findLabs } from '../src/adapters/labs/find-labs.ts';
import { nodeHostname } from '../src/lab/lab-names.ts';
import { run, type Outcome, type RunOptions } from './run.ts';

export const DEFAULT_IMAGE = 'spark-swarm:latest';
const NODES = 3;
/** Finer than anything that is measured with it. */
export const POLL_MS = 10;
const WAIT_LIMIT_MS = 180_000;

/** The lab of a bench: three nodes, their engines open, and nobody else on them. */
export class BenchLab {
  readonly name: string;
  /** The first is the manager. */
  readonly nodes: readonly EngineApi[];
  /** The image that clusters of this bench run. */
  readonly image: string;
  readonly #socket: string;

  private constructor(name: string, image: string) {
    this.name = name;
    this.image = image;
    const lab = findLabs(process.env).find((found) => found.name === name);
    if (!lab) throw new Error(`the lab "${name}" is not there`);
    this.#socket = lab.managerSocket;
    this.nodes = Array.from({ length: NODES }, (_, index) => {
      const socketPath = lab.managerSocket.replace(nodeHostname(name, 1), nodeHostname(name, index + 1));
      return new EngineApi({ kind: 'unix', socketPath }, nodeHostname(name, index + 1));
    });
  }

  static async up(name: string, image: string): Promise<BenchLab> {
    await run('sbin/lab', ['up', '--name', name, '--nodes', String(NODES)]);
    return new BenchLab(name, image);
  }

  get manager(): EngineApi {
    const [first] = this.nodes;
    if (!first) throw new Error('a lab has at least one node');
    return first;
  }

  /** DOCKER_HOST for ours and for docker alike: neither has to look a context up. */
  get env(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.#socket}` };
  }

  async run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(file, args, { ...options, env: { ...this.env, ...options.env } });
  }

  async docker(...args: readonly string[]): Promise<Outcome> {
    return this.run('docker', args);
  }

  async down({ volumes }: { readonly volumes: boolean }): Promise<void> {
    this.close();
    await run('sbin/lab', ['down', '--name', this.name, ...(volumes ? ['--volumes'] : [])]);
  }

  close(): void {
    for (const api of this.nodes) api.close();
  }
}

/** Asks again every few milliseconds until it is so. @throws Error with what was waited for */
export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited ${WAIT_LIMIT_MS / 1000} s for ${what}`);
    await sleep(POLL_MS);
  }
}
