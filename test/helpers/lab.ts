import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { EngineApi } from '../../src/adapters/engine/engine-api.ts';
import { currentRuntimeFolder } from '../../src/adapters/labs/find-labs.ts';
import { LABELS } from '../../src/labels.ts';
import { labObjectName, nodeHostname, nodeObjectName } from '../../src/lab/lab-names.ts';
import { projectRoot } from './cli.ts';
import { BUILD_LIMIT_MS, RunningCommand, type CommandOptions, type Outcome } from './lab-command.ts';
import { must } from './must.ts';
import { setUpMachine } from './set-up-machine.ts';
import { tagTestImage } from './test-image.ts';
import { whileAlone } from './while-alone.ts';

/** One node of a test lab. */
export interface TestNode {
  readonly hostname: string;
  /** Name of the container in the outer engine. */
  readonly container: string;
  readonly socket: string;
  readonly api: EngineApi;
}

const PREFIX = 'it-';

/**
 * A lab of real nodes for one run of tests, and the launchers run against it. Its name holds the process that made it, so
 * that the next run knows by the labels alone which labs are leftovers of runs that are no more. KEEP_LAB=1 keeps it.
 */
export class TestLab implements AsyncDisposable {
  readonly name: string;
  readonly nodes: readonly TestNode[];
  /** Image of this run's own, so that a build elsewhere on the machine changes nothing here. */
  readonly image: string;
  /** Folder of this machine that the nodes share, and that becomes `/data`. */
  readonly data: string;

  private constructor(name: string, nodeCount: number) {
    this.name = name;
    this.data = dataFolder(name);
    this.image = `spark-swarm-test:${name}`;
    const folder = path.join(currentRuntimeFolder(process.env), name);
    this.nodes = Array.from({ length: nodeCount }, (_, index) => {
      const hostname = nodeHostname(name, index + 1);
      const socket = path.join(folder, hostname, 'docker.sock');
      const api = new EngineApi({ kind: 'unix', socketPath: socket }, hostname);
      return { hostname, socket, api, container: nodeObjectName(name, index + 1) };
    });
  }

  /** @throws Error when this machine can have no lab: tests that need one fail then */
  static async start(nodeCount = 3): Promise<TestLab> {
    const problem = await setUpMachine();
    if (problem !== undefined) throw new Error(`No lab for the tests: ${problem}`);
    await whileAlone(removeLeftovers);
    const lab = new TestLab(`${PREFIX}${await describeProcess('self')}`, nodeCount);
    await tagTestImage(lab.image);
    // Not the project's: what a test writes is taken away with its lab. For the group, because root's Spark has its group.
    await mkdir(lab.data);
    await chmod(lab.data, 0o2775);
    const limit = { limitMs: BUILD_LIMIT_MS };
    await must('sbin/lab', ['up', '--name', lab.name, '--nodes', String(nodeCount), '--data', lab.data], limit);
    await must('bin/spark-swarm', ['image', 'push', lab.image, '--context', labObjectName(lab.name)], limit);
    return lab;
  }

  get manager(): TestNode {
    const [first] = this.nodes;
    if (!first) throw new Error('a lab has at least one node');
    return first;
  }

  /** Environment in which docker and the launchers mean this lab. */
  get env(): Readonly<Record<string, string | undefined>> {
    return { DOCKER_CONTEXT: labObjectName(this.name), DOCKER_HOST: undefined, SPARK_IMAGE: this.image };
  }

  /** Starts a launcher (`bin/submit`), or a program (`docker`), against the lab. */
  start(file: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
    return new RunningCommand(file, args, { ...options, env: { ...this.env, ...options.env } });
  }

  async run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return this.start(file, args, options).ended;
  }

  /** Runs docker against the lab's manager. @returns what it printed; @throws Error if it fails */
  async docker(...args: readonly string[]): Promise<string> {
    return must('docker', args, { env: this.env });
  }

  /** Runs docker against the engine that the nodes run in. */
  async outerDocker(...args: readonly string[]): Promise<string> {
    return must('docker', args);
  }

  /** Keeps what explains a failed test, under test-output/<test>/. */
  async keepEvidence(title: string): Promise<void> {
    const folder = path.join(projectRoot, 'test-output', title.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 80));
    await mkdir(folder, { recursive: true });
    const keep = async (file: string, program: string, args: readonly string[], env = this.env): Promise<void> => {
      const { stdout, stderr } = await new RunningCommand(program, args, { env, limitMs: 30_000 }).ended;
      await writeFile(path.join(folder, file), stdout + stderr);
    };
    const { stdout } = await this.run('docker', ['service', 'ls', '--format', '{{.Name}}'], { limitMs: 30_000 });
    const services = stdout.split('\n').filter((name) => name !== '');
    await Promise.all([
      keep('nodes.txt', 'docker', ['node', 'ls']),
      ...services.flatMap((name) => [
        keep(`${name}-tasks.txt`, 'docker', ['service', 'ps', '--no-trunc', name]),
        keep(`${name}-log.txt`, 'docker', ['service', 'logs', '--timestamps', '--tail', '2000', name]),
      ]),
      ...this.nodes.map(async ({ container, hostname }) =>
        keep(`node-${hostname}.txt`, 'docker', ['logs', '--timestamps', '--tail', '5000', container], {}),
      ),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { api } of this.nodes) api.close();
    if (process.env['KEEP_LAB'] === '1') return;
    await removeLab(this.name);
  }
}

function dataFolder(lab: string): string {
  return path.join(tmpdir(), `spark-swarm-data-${lab}`);
}

async function removeLab(name: string): Promise<void> {
  await must('sbin/lab', ['down', '--name', name, '--volumes']);
  await rm(dataFolder(name), { recursive: true, force: true });
  await new RunningCommand('docker', ['rmi', `spark-swarm-test:${name}`]).ended;
}

/** Labs of runs whose process is no more, found by the label that all objects of a lab carry. */
async function removeLeftovers(): Promise<void> {
  const format = ['--filter', `label=${LABELS.lab}`, '--format', `{{.Label "${LABELS.lab}"}}`];
  const lists = await Promise.all([
    must('docker', ['ps', '-a', ...format]),
    must('docker', ['network', 'ls', ...format]),
    must('docker', ['volume', 'ls', ...format]),
  ]);
  const names = new Set(
    lists.flatMap((list) => list.split('\n')).filter((name) => /^it-[0-9a-z]+-[0-9a-z]+$/.test(name)),
  );
  for (const name of names) {
    const [, pid = ''] = name.split('-');
    const living = await describeProcess(String(Number.parseInt(pid, 36))).catch(() => undefined);
    if (name !== `${PREFIX}${living}`) await removeLab(name);
  }
}

/** A process by its number and its start (clock ticks since boot), both to the base of 36. Source: proc(5), fields 1, 22. */
async function describeProcess(pid: string): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return `${Number.parseInt(stat, 10).toString(36)}-${Number(fields[19]).toString(36)}`;
}
