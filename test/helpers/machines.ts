import { randomInt } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readRoutes } from '../../src/adapters/files/system-files.ts';
import { chooseSubnet, formatSubnet, nodeAddress, readSubnet, type Subnet } from '../../src/lab/lab-network.ts';
import { RunningCommand, type CommandOptions, type Outcome } from './lab-command.ts';
import { buildMachineImage, type MachineRelease } from './machine-image.ts';
import { must } from './must.ts';
import { whileAlone } from './while-alone.ts';
import { Operator } from './operator.ts';
import { isRunning, nameRun, RUN_NAME } from './run-name.ts';
import { MACHINES_LABEL, StandIn } from './stand-in.ts';

export interface MachineWish {
  /** Default `trixie`. */
  readonly release?: MachineRelease;
  /** False: no engine inside, and apt's sources, so that one can be installed. Default true. */
  readonly engine?: boolean;
  /** Its hostname. Default: prefix and number. */
  readonly name?: string;
}

export interface MachinesWish {
  readonly machines: readonly (MachineWish | MachineRelease)[];
  /** Default `vm`: machines are `vm1`, `vm2`, … */
  readonly prefix?: string;
  /** Instead of this run's name, for a set that outlives the process. */
  readonly run?: string;
}

const FOLDER_PREFIX = 'spark-swarm-machines-';
let sets = 0;

/**
 * Stand-ins for VMs on a network of their own, and an operator whose key they know. The name holds the process that made
 * them, so that the next run takes away what is left of runs that are no more. KEEP_MACHINES=1 keeps them.
 */
export class TestMachines implements AsyncDisposable {
  /** Name of the network and of the set; begins the names of all containers and volumes. */
  readonly name: string;
  readonly subnet: Subnet;
  readonly folder: string;
  /** Who set everything up: its key is known to every user of every machine. */
  readonly operator: Operator;
  readonly #prefix: string;
  readonly #machines: StandIn[] = [];
  #numbers = 0;

  private constructor(run: string, prefix: string, subnet: Subnet, operator: Operator) {
    this.name = run;
    this.subnet = subnet;
    this.folder = folderOf(run);
    this.operator = operator;
    this.#prefix = prefix;
  }

  /** Builds what images it needs, starts all machines, and waits until they have booted. */
  static async start({ machines, prefix = 'vm', run }: MachinesWish): Promise<TestMachines> {
    await whileAlone(removeLeftovers);
    const name = run ?? `${await nameRun()}${sets++ === 0 ? '' : `-${sets}`}`;
    const subnet = await createNetwork(name);
    await mkdir(folderOf(name), { recursive: true, mode: 0o700 });
    const operator = await Operator.create('operator', folderOf(name));
    const set = new TestMachines(name, prefix, subnet, operator);
    try {
      await set.add(machines);
    } catch (error) {
      await set[Symbol.asyncDispose]();
      throw error;
    }
    return set;
  }

  get machines(): readonly StandIn[] {
    return this.#machines;
  }

  /** Environment of the first operator. */
  get env(): Readonly<Record<string, string | undefined>> {
    return this.operator.env;
  }

  /** An address of the network that nothing has. */
  get unusedAddress(): string {
    return nodeAddress(this.subnet, 200);
  }

  get(name: string): StandIn {
    const found = this.#machines.find((machine) => machine.name === name);
    if (!found) throw new Error(`no machine ${name} among ${this.#machines.map((machine) => machine.name).join()}`);
    return found;
  }

  /** More machines, which the first operator knows and trusts at once. */
  async add(wishes: readonly (MachineWish | MachineRelease)[]): Promise<readonly StandIn[]> {
    const keys = await this.operator.readPublicKey();
    const added = await Promise.all(
      wishes.map(async (wish) => {
        const { release = 'trixie', engine = true, name } = typeof wish === 'string' ? { release: wish } : wish;
        const number = ++this.#numbers;
        const image = await buildMachineImage({ release, hasEngine: engine });
        const machine = await StandIn.run({
          run: this.name,
          name: name ?? `${this.#prefix}${number}`,
          address: nodeAddress(this.subnet, number),
          network: this.name,
          image,
          release,
          hasEngine: engine,
          keys,
        });
        await machine.waitUntilBooted();
        return machine;
      }),
    );
    this.#machines.push(...added);
    await this.operator.trust(this.#machines);
    await this.operator.writeSshConfig(this.#machines);
    return added;
  }

  /** One more operator, with another home, key and docker configuration, let in everywhere. */
  async addOperator(name: string): Promise<Operator> {
    const operator = await Operator.create(name, this.folder);
    const key = await operator.readPublicKey();
    await Promise.all(this.#machines.map(async (machine) => machine.authorize(key)));
    await operator.trust(this.#machines);
    await operator.writeSshConfig(this.#machines);
    return operator;
  }

  /** Starts a launcher (`bin/cluster`) or a program (`docker`) as the first operator. */
  start(file: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
    return this.operator.start(file, args, options);
  }

  async run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return this.operator.run(file, args, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (process.env['KEEP_MACHINES'] === '1') return;
    await removeMachines(this.name);
  }
}

function folderOf(run: string): string {
  return path.join(tmpdir(), `${FOLDER_PREFIX}${run}`);
}

/** A network of its own in a subnet that is free; two that choose at the same time do not get the same. */
async function createNetwork(name: string): Promise<Subnet> {
  for (let tries = 0; ; tries++) {
    const { subnets, mtu } = await readRoutes();
    const ids = (await must('docker', ['network', 'ls', '--quiet'])).split('\n');
    const format = '{{range .IPAM.Config}}{{println .Subnet}}{{end}}';
    const { stdout } = await new RunningCommand('docker', ['network', 'inspect', '--format', format, ...ids]).ended;
    const taken = [...subnets, ...stdout.split('\n').flatMap((text) => readSubnet(text.trim()) ?? [])];
    const wanted = readSubnet(`192.168.${randomInt(128, 250)}.0/24`);
    const subnet = chooseSubnet(taken, wanted);
    const flags = ['--label', `${MACHINES_LABEL}=${name}`, '--subnet', formatSubnet(subnet)];
    const option = ['--opt', `com.docker.network.driver.mtu=${mtu}`];
    const { status, stderr } = await new RunningCommand('docker', ['network', 'create', ...flags, ...option, name])
      .ended;
    if (status === 0) return subnet;
    if (tries === 10 || !stderr.includes('overlaps')) throw new Error(`no network for the machines: ${stderr}`);
  }
}

/** Takes away everything of a set: containers, volumes, network, folder. */
export async function removeMachines(run: string): Promise<void> {
  const filter = ['--filter', `label=${MACHINES_LABEL}=${run}`];
  const ids = async (...list: readonly string[]): Promise<readonly string[]> =>
    (await must('docker', [...list, '--quiet', ...filter])).split('\n').filter((id) => id !== '');
  const containers = await ids('ps', '--all');
  if (containers.length > 0) await must('docker', ['rm', '--force', '--volumes', ...containers]);
  const [volumes, networks] = await Promise.all([ids('volume', 'ls'), ids('network', 'ls')]);
  if (volumes.length > 0) await must('docker', ['volume', 'rm', ...volumes]);
  if (networks.length > 0) await must('docker', ['network', 'rm', ...networks]);
  await rm(folderOf(run), { recursive: true, force: true });
}

/** Sets of runs whose process is no more, found by the label that everything of a set carries. */
async function removeLeftovers(): Promise<void> {
  const format = ['--filter', `label=${MACHINES_LABEL}`, '--format', `{{.Label "${MACHINES_LABEL}"}}`];
  const lists = await Promise.all([
    must('docker', ['ps', '--all', ...format]),
    must('docker', ['network', 'ls', ...format]),
    must('docker', ['volume', 'ls', ...format]),
  ]);
  const folders = (await readdir(tmpdir())).flatMap((name) =>
    name.startsWith(FOLDER_PREFIX) ? [name.slice(FOLDER_PREFIX.length)] : [],
  );
  for (const run of new Set([...lists.flatMap((list) => list.split('\n')), ...folders])) {
    const [ofRun = ''] = /^it-[0-9a-z]+-[0-9a-z]+/.exec(run) ?? [];
    if (RUN_NAME.test(ofRun) && !(await isRunning(ofRun))) await removeMachines(run);
  }
}
