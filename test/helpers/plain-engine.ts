import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';

import { resolveEngineTarget } from '../../src/adapters/engine/engine-target.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import { LABELS } from '../../src/labels.ts';
import { projectRoot } from './cli.ts';
import { TestCluster, type TestPlace } from './cluster.ts';
import { RunningCommand, type CommandOptions, type Outcome } from './lab-command.ts';
import type { TestNode } from './lab.ts';
import { must } from './must.ts';
import { isRunning, nameRun, RUN_NAME } from './run-name.ts';
import { setUpMachine } from './set-up-machine.ts';
import { tagTestImage } from './test-image.ts';
import { whileAlone } from './while-alone.ts';

/** On what tests make beside clusters: the run that made it. */
const RUN_LABEL = 'test.spark-swarm.run';
const PROJECT_LABEL = 'com.docker.compose.project';

/**
 * This machine's own engine, which is in no swarm, and which others use at the same time: what a run makes has its name,
 * and nothing else is looked at or taken away.
 */
export class PlainEngine implements TestPlace, AsyncDisposable {
  readonly name: string;
  readonly image: string;
  /** Folder of this machine that becomes `/data`. */
  readonly data: string;
  readonly manager: TestNode;

  private constructor(name: string, manager: TestNode) {
    this.name = name;
    this.manager = manager;
    this.image = imageOf(name);
    this.data = scratchFolder(name, 'data');
  }

  /** @throws Error when this machine can have no engine: tests that need one fail then */
  static async start(): Promise<PlainEngine> {
    const problem = await setUpMachine();
    if (problem !== undefined) throw new Error(`No engine for the tests: ${problem}`);
    const { api } = await resolveEngineTarget({ context: undefined, env: process.env, shell: new LocalShell() });
    if (api.endpoint.kind !== 'unix') throw new Error(`The tests need an engine of this machine, not ${api.name}`);
    const socket = api.endpoint.socketPath;
    const engine = new PlainEngine(await nameRun(), { hostname: hostname(), container: '', socket, api });
    await whileAlone(async () => engine.removeLeftovers());
    // Of this run's own, so that a build elsewhere on the machine changes nothing here.
    await tagTestImage(engine.image);
    await mkdir(engine.data, { recursive: true });
    await chmod(engine.data, 0o2775);
    return engine;
  }

  get nodes(): readonly TestNode[] {
    return [this.manager];
  }

  /** Named explicitly: otherwise a lab of this machine would be asked, too. */
  get env(): Readonly<Record<string, string | undefined>> {
    return { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${this.manager.socket}`, SPARK_IMAGE: this.image };
  }

  cluster(key: string): TestCluster {
    return new TestCluster(this, `${key}-${this.name}`, 'containers');
  }

  /** A folder of this run, not made yet. */
  folder(key: string): string {
    return scratchFolder(this.name, key);
  }

  start(file: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
    return new RunningCommand(file, args, { ...options, env: { ...this.env, ...options.env } });
  }

  async run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return this.start(file, args, options).ended;
  }

  async docker(...args: readonly string[]): Promise<string> {
    return must('docker', args, { env: this.env });
  }

  /** Flags of `docker … create` by which what a test makes is found again. */
  get label(): readonly string[] {
    return ['--label', `${RUN_LABEL}=${this.name}`];
  }

  /** Keeps what explains a failed test, under test-output/<test>/. */
  async keepEvidence(title: string): Promise<void> {
    const folder = path.join(projectRoot, 'test-output', title.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 80));
    await mkdir(folder, { recursive: true });
    const list = await this.docker('ps', '-a', '--no-trunc', '--filter', `name=${this.name}`);
    await writeFile(path.join(folder, 'containers.txt'), list);
    const names = await this.docker('ps', '-a', '--filter', `name=${this.name}`, '--format', '{{.Names}}');
    for (const container of names.split('\n').filter((line) => line !== '')) {
      const { stdout, stderr } = await this.run('docker', ['logs', '--timestamps', '--tail', '2000', container]);
      await writeFile(path.join(folder, `${container}.txt`), stdout + stderr);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#removeRun(this.name);
    this.manager.api.close();
  }

  /** What runs have left whose process is no more, by labels. */
  async removeLeftovers(): Promise<void> {
    const label = `{{.Label "${LABELS.cluster}"}} {{.Label "${PROJECT_LABEL}"}} {{.Label "${RUN_LABEL}"}}`;
    const lists = await Promise.all([
      this.docker('ps', '-a', '--format', label),
      this.docker('network', 'ls', '--format', label),
      this.docker('volume', 'ls', '--format', label),
    ]);
    const names = new Set(lists.flatMap((list) => list.split(/\s+/)).flatMap((word) => RUN_NAME.exec(word)?.[0] ?? []));
    for (const name of names) if (!(await isRunning(name))) await this.#removeRun(name);
  }

  async #removeRun(name: string): Promise<void> {
    const made = async (...words: readonly string[]): Promise<readonly string[]> => {
      const labels = [LABELS.cluster, PROJECT_LABEL, RUN_LABEL].map((label) => `{{.Label "${label}"}}`);
      const format = [words[0] === 'volume' ? '{{.Name}}' : '{{.ID}}', ...labels].join('|');
      const lines = (await this.docker(...words, '--format', format)).split('\n').map((line) => line.split('|'));
      return lines.flatMap(([id = '', ...values]) =>
        values.some((value) => RUN_NAME.exec(value)?.[0] === name) ? [id] : [],
      );
    };
    for (const id of await made('ps', '-a')) await this.docker('rm', '--force', '--volumes', id);
    for (const id of await made('network', 'ls')) await this.docker('network', 'rm', id);
    for (const id of await made('volume', 'ls')) await this.docker('volume', 'rm', id);
    await new RunningCommand('docker', ['rmi', imageOf(name)], { env: this.env }).ended;
    await rm(scratchFolder(name), { recursive: true, force: true });
  }
}

function imageOf(run: string): string {
  return `spark-swarm-test:${run}-plain`;
}

function scratchFolder(run: string, ...parts: readonly string[]): string {
  return path.join(tmpdir(), `spark-swarm-${run}`, ...parts);
}
