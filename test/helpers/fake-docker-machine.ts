import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDockerMachineSource } from '../../src/adapters/machines/docker-machine-source.ts';
import { LABELS } from '../../src/labels.ts';
import type { MachineMaker } from '../../src/machines/machine.ts';

/** $1 is the verb, $name the last word; what a test wants of a verb comes before what it does of itself. */
const PROGRAM = `#!/bin/sh
store=$MACHINE_STORAGE_PATH
case $* in *--help) echo '   --url "x"  where'; exit 0 ;; esac
for name; do :; done
entry=$store/machines/$name
echo "$*" >>"$store/calls"
[ -e "$store/on-$1" ] && . "$store/on-$1"
case $1 in
  ls) ls "$store/machines" ;;
  inspect) cat "$entry/config.json" 2>&1 || { echo "Docker machine \\"$name\\" does not exist. Use ..." >&2; exit 1; } ;;
  create) mkdir "$entry" && cp "$store/ours.json" "$entry/config.json" ;;
  rm) rm -r "$entry" ;;
esac
`;

/** For what no driver can be made to do: clouds that refuse. Everything else is tested with docker-machine itself. */
export class FakeDockerMachine implements AsyncDisposable {
  readonly maker: MachineMaker;
  readonly store: string;
  readonly env: Readonly<Record<string, string | undefined>>;

  private constructor(folder: string) {
    this.store = path.join(folder, 'store');
    this.env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, MACHINE_STORAGE_PATH: this.store };
    const { maker } = openDockerMachineSource({ env: this.env, acceptNewHostKeys: false, report: () => {} });
    if (!maker) throw new Error('docker-machine makes machines');
    this.maker = maker;
  }

  static async start(): Promise<FakeDockerMachine> {
    const folder = await mkdtemp(path.join(tmpdir(), 'docker-machine-'));
    await writeFile(path.join(folder, 'docker-machine'), PROGRAM);
    await chmod(path.join(folder, 'docker-machine'), 0o755);
    const fake = new FakeDockerMachine(folder);
    for (const part of ['machines', 'certs', 'spark-swarm-begun'])
      await mkdir(path.join(fake.store, part), { recursive: true });
    for (const file of ['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem']) await fake.write(`certs/${file}`, '');
    await fake.write('ours.json', machineJson(`${LABELS.machine}=demo`));
    return fake;
  }

  /** @param file below the store; `on-rm` is a piece of shell that `rm` begins with */
  async write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(path.join(this.store, file)), { recursive: true });
    await writeFile(path.join(this.store, file), text);
  }

  has(file: string): boolean {
    return existsSync(path.join(this.store, file));
  }

  /** Its command lines that change something, in their order. */
  async changes(): Promise<readonly string[]> {
    const calls = await readFile(path.join(this.store, 'calls'), 'utf8');
    return calls.split('\n').filter((line) => /^(?:create|rm) /.test(line));
  }

  async create(...names: readonly string[]): Promise<unknown> {
    return this.maker.create(
      names.map((name) => ({ name, host: undefined })),
      {
        swarm: 'demo',
        driver: 'cloud',
        size: { cores: undefined, memoryBytes: undefined, diskBytes: undefined },
        driverFlags: [],
        progress: () => {},
        signal: new AbortController().signal,
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(path.dirname(this.store), { recursive: true });
  }
}

/** What the store has of a machine, with one label or none. */
export function machineJson(label?: string): string {
  return JSON.stringify({
    Name: 'vm',
    DriverName: 'cloud',
    Driver: {},
    HostOptions: { EngineOptions: { Labels: label === undefined ? null : [label] } },
  });
}
