import { readFileSync } from 'node:fs';
import path from 'node:path';

import { projectRoot } from './cli.ts';
import { RunningCommand, type Outcome } from './lab-command.ts';
import type { MachineRelease } from './machine-image.ts';
import { must } from './must.ts';
import { waitFor } from './wait-for.ts';

/** On everything of a set of stand-ins: the run that it belongs to. */
export const MACHINES_LABEL = 'io.spark-swarm.test.machines';

/** What `docker run` needs to be told so that systemd and an engine run in a container; also read by the driver plugin. */
export const RUN_FLAGS: readonly string[] = readFileSync(
  path.join(projectRoot, 'test', 'docker-machine', 'driver', 'run-flags.txt'),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '');

export interface StandInPlan {
  readonly run: string;
  readonly name: string;
  readonly address: string;
  readonly network: string;
  readonly image: string;
  readonly release: MachineRelease;
  readonly hasEngine: boolean;
  /** Lines for authorized_keys. */
  readonly keys: string;
}

/** A container that passes for a VM: systemd, sshd on port 22, and an engine that only its own socket reaches. */
export class StandIn {
  /** Its hostname. */
  readonly name: string;
  readonly address: string;
  /** Name of the container and of its volume in this machine's engine. */
  readonly container: string;
  readonly network: string;
  readonly release: MachineRelease;
  readonly hasEngine: boolean;

  private constructor({ run, name, address, network, release, hasEngine }: StandInPlan) {
    this.name = name;
    this.address = address;
    this.container = `${run}-${name}`;
    this.network = network;
    this.release = release;
    this.hasEngine = hasEngine;
  }

  /** Starts it, and does not wait until it has booted. */
  static async run(plan: StandInPlan): Promise<StandIn> {
    const machine = new StandIn(plan);
    const label = `${MACHINES_LABEL}=${plan.run}`;
    await must('docker', ['volume', 'create', '--label', label, machine.container]);
    const names = ['--name', machine.container, '--hostname', plan.name, '--label', label];
    const place = ['--network', plan.network, '--ip', plan.address, '--network-alias', plan.name];
    const contents = ['--volume', `${machine.container}:/var/lib/docker`, '--env', `MACHINE_KEYS=${plan.keys}`];
    await must('docker', ['run', '--detach', ...names, ...place, ...contents, ...RUN_FLAGS, plan.image]);
    return machine;
  }

  /** Waits until systemd has started everything, and the engine answers. */
  async waitUntilBooted(): Promise<void> {
    const check = `systemctl is-system-running${this.hasEngine ? ' && docker version --format {{.Server.Version}}' : ''}`;
    await waitFor(`${this.name} to have booted`, {
      read: async () => this.execute(check),
      until: ({ status }) => status === 0,
      show: ({ stdout, stderr }) => stdout + stderr,
      limitMs: 300_000,
    });
  }

  /** Runs a shell script on it as root, past ssh: for what a test needs to change or to know. */
  async execute(script: string): Promise<Outcome> {
    return new RunningCommand('docker', ['exec', this.container, 'sh', '-c', script]).ended;
  }

  /** The same, which must succeed. @returns what it printed */
  async must(script: string): Promise<string> {
    return must('docker', ['exec', this.container, 'sh', '-c', script]);
  }

  /** Its host keys, as lines of known_hosts under its address and its name. */
  async readHostKeys(): Promise<string> {
    const keys = await this.must('cat /etc/ssh/ssh_host_*_key.pub');
    return keys
      .split('\n')
      .map((key) => `${this.name},${this.address} ${key.split(' ').slice(0, 2).join(' ')}\n`)
      .join('');
  }

  /** Another host key, as a machine set up anew has, or one that listens in its place. */
  async changeHostKeys(): Promise<void> {
    await this.must(
      'rm -f /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh',
    );
  }

  /** Lets one more key in for every user. */
  async authorize(publicKey: string): Promise<void> {
    await this.must(
      `for file in /root/.ssh /home/ops/.ssh /home/visitor/.ssh; do echo '${publicKey}' >> $file/authorized_keys; done`,
    );
  }

  /** Shuts it down in order. */
  async stop(): Promise<void> {
    await must('docker', ['stop', this.container]);
  }

  /** Switches it off. */
  async kill(): Promise<void> {
    await must('docker', ['kill', this.container]);
  }

  async start(): Promise<void> {
    await must('docker', ['start', this.container]);
    await this.waitUntilBooted();
  }

  /** Reboots it from within, and waits until it is back. */
  async reboot(): Promise<void> {
    const started = await this.#readStart();
    await new RunningCommand('docker', ['exec', this.container, 'systemctl', 'reboot']).ended;
    await waitFor(`${this.name} to restart`, {
      read: async () => this.#readStart(),
      until: (now) => now !== started,
      limitMs: 180_000,
    });
    await this.waitUntilBooted();
  }

  /** It stands still: its addresses answer no more, and its connections stay. */
  async pause(): Promise<void> {
    await must('docker', ['pause', this.container]);
  }

  async unpause(): Promise<void> {
    await must('docker', ['unpause', this.container]);
  }

  /** Pulls its network plug. */
  async disconnect(): Promise<void> {
    await must('docker', ['network', 'disconnect', this.network, this.container]);
  }

  /** Plugs it in again, with its old address. */
  async connect(): Promise<void> {
    await must('docker', [
      'network',
      'connect',
      '--ip',
      this.address,
      '--alias',
      this.name,
      this.network,
      this.container,
    ]);
  }

  /** Takes it away with its volume: a machine that never comes back. */
  async remove(): Promise<void> {
    await must('docker', ['rm', '--force', '--volumes', this.container]);
    await must('docker', ['volume', 'rm', this.container]);
  }

  async #readStart(): Promise<string> {
    return must('docker', ['inspect', '--format', '{{.State.StartedAt}} {{.State.Running}}', this.container]);
  }
}
