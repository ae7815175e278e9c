import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { RunningCommand, type CommandOptions, type Outcome } from './lab-command.ts';
import { must } from './must.ts';
import type { StandIn } from './stand-in.ts';

/**
 * Somebody who works with the machines: a home folder with an ssh key, a known_hosts and a docker configuration of its own.
 *
 * OpenSSH takes `~` from the passwd entry and not from HOME, so an `ssh` comes first on PATH that names the configuration.
 */
export class Operator {
  readonly name: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;

  private constructor(name: string, home: string) {
    this.name = name;
    this.home = home;
    const dockerConfig = path.join(home, '.docker');
    this.env = {
      PATH: `${path.join(home, 'bin')}:${process.env['PATH']}`,
      HOME: home,
      DOCKER_CONFIG: dockerConfig,
      MACHINE_STORAGE_PATH: path.join(dockerConfig, 'machine'),
      MACHINE_BUGSNAG_API_TOKEN: 'no-report',
      ...Object.fromEntries(FOREIGN.map((variable) => [variable, undefined])),
    };
  }

  /** @param folder in which its home is made */
  static async create(name: string, folder: string): Promise<Operator> {
    const operator = new Operator(name, path.join(folder, name));
    const { home } = operator;
    for (const part of ['.ssh', 'bin', '.docker']) await mkdir(path.join(home, part), { recursive: true, mode: 0o700 });
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', operator.keyFile]);
    await writeFile(operator.knownHostsFile, '');
    await operator.writeSshConfig([]);
    for (const program of ['ssh', 'scp', 'sftp']) {
      const real = await must('sh', ['-c', `command -v ${program}`]);
      const file = path.join(home, 'bin', program);
      await writeFile(file, `#!/bin/sh\nexec ${real} -F '${operator.sshConfigFile}' "$@"\n`);
      await chmod(file, 0o755);
    }
    // Compose is a plugin that docker finds in the configuration.
    const plugins = path.join(process.env['DOCKER_CONFIG'] || path.join(homedir(), '.docker'), 'cli-plugins');
    await symlink(plugins, path.join(home, '.docker', 'cli-plugins'));
    return operator;
  }

  get keyFile(): string {
    return path.join(this.home, '.ssh', 'id_ed25519');
  }

  get knownHostsFile(): string {
    return path.join(this.home, '.ssh', 'known_hosts');
  }

  get sshConfigFile(): string {
    return path.join(this.home, '.ssh', 'config');
  }

  async readPublicKey(): Promise<string> {
    return (await readFile(`${this.keyFile}.pub`, 'utf8')).trim();
  }

  /** Machines by their names; whatever `extra` says comes before, and so wins. */
  async writeSshConfig(machines: readonly StandIn[], extra = ''): Promise<void> {
    const aliases = machines.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`);
    const own = [
      'Host *',
      `  IdentityFile ${this.keyFile}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${this.knownHostsFile}`,
      '',
    ].join('\n');
    await writeFile(this.sshConfigFile, `${extra}${aliases.join('')}${own}`, { mode: 0o600 });
  }

  /** Notes the machines' real host keys, as somebody does who has compared them. */
  async trust(machines: readonly StandIn[]): Promise<void> {
    const keys = await Promise.all(machines.map(async (machine) => machine.readHostKeys()));
    await writeFile(this.knownHostsFile, keys.join(''));
  }

  /** Starts a launcher (`bin/cluster`) or a program (`docker`) as this operator. */
  start(file: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
    return new RunningCommand(file, args, { ...options, env: { ...this.env, ...options.env } });
  }

  async run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return this.start(file, args, options).ended;
  }

  /** @returns what it printed; @throws Error if it fails */
  async must(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return must(file, args, { ...options, env: { ...this.env, ...options.env } });
  }
}

/** Variables of whoever runs the tests that would lead commands elsewhere. */
const FOREIGN = [
  'SSH_AUTH_SOCK',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_MACHINE_NAME',
  'MACHINE_DRIVER',
];
