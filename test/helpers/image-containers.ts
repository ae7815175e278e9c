import { BUILD_LIMIT_MS, RunningCommand, type CommandOptions, type Outcome } from './lab-command.ts';

const LABEL = 'io.spark-swarm.image-test';
/** Not the image's own user: what it runs has to work for whoever starts a cluster. */
const USER = '4711:185';

export interface ContainerOptions {
  readonly image?: string;
  readonly name?: string;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** As `docker run --volume` has them. */
  readonly volumes?: readonly string[];
  /** More of `docker run`. */
  readonly flags?: readonly string[];
}

/**
 * Containers of the built image, hardened as in docker-compose.yml, on a network and volumes of their own. Leftovers of
 * test runs that are no more are removed first.
 */
export class ImageContainers implements AsyncDisposable {
  /** Begins all their names. */
  readonly id: string;
  readonly #names: string[] = [];
  readonly #volumes: string[] = [];

  private constructor(id: string) {
    this.id = id;
  }

  /** @param tests which ones, because the files of one test run share a process */
  static async start(tests: string): Promise<ImageContainers> {
    await must('bin/build-image', ['--quiet'], { limitMs: BUILD_LIMIT_MS });
    await must('bin/build-image', ['--target', 'notebook', '--quiet'], { limitMs: BUILD_LIMIT_MS });
    await removeLeftovers();
    const containers = new ImageContainers(`spark-swarm-image-${tests}-${process.pid}`);
    await docker(['network', 'create', '--label', `${LABEL}=${process.pid}`, containers.id]);
    return containers;
  }

  /** Makes a volume with what the script (run as root, the volume at /volume) puts into it. */
  async addVolume(key: string, script: string): Promise<string> {
    const volume = `${this.id}-${key}`;
    this.#volumes.push(volume);
    await docker(['volume', 'create', '--label', `${LABEL}=${process.pid}`, volume]);
    const flags = [
      '--rm',
      '--user',
      '0',
      '--volume',
      `${volume}:/volume`,
      '--workdir',
      '/volume',
      '--entrypoint',
      'sh',
    ];
    await docker(['run', ...flags, 'spark-swarm:latest', '-ec', script]);
    return volume;
  }

  /** Starts one that stays, known to the others by its name. */
  async start(name: string, command: readonly string[], options: ContainerOptions = {}): Promise<void> {
    const container = `${this.id}-${name}`;
    this.#names.push(container);
    const flags = ['--detach', '--name', container, '--network-alias', name];
    await docker(['run', ...flags, ...this.#flags(options), options.image ?? 'spark-swarm:latest', ...command]);
  }

  /** Runs one to its end. */
  async run(command: readonly string[], options: ContainerOptions = {}): Promise<Outcome> {
    const image = options.image ?? 'spark-swarm:latest';
    return new RunningCommand('docker', ['run', '--rm', ...this.#flags(options), image, ...command]).ended;
  }

  /** @throws Error with all output if it does not end with 0 */
  async exec(
    name: string,
    command: readonly string[],
    { env = {}, ...options }: CommandOptions & { readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    return docker(['exec', '--interactive', ...variables, `${this.id}-${name}`, ...command], options);
  }

  /** Everything it has written so far. */
  async logs(name: string): Promise<string> {
    const { stdout, stderr } = await new RunningCommand('docker', ['logs', `${this.id}-${name}`]).ended;
    return stdout + stderr;
  }

  /** @returns its exit status, and how long it took */
  async stop(name: string): Promise<{ readonly status: number; readonly tookMs: number }> {
    const startedAt = performance.now();
    await docker(['stop', '--time', '20', `${this.id}-${name}`]);
    const tookMs = performance.now() - startedAt;
    return {
      status: Number(await docker(['inspect', '--format', '{{.State.ExitCode}}', `${this.id}-${name}`])),
      tookMs,
    };
  }

  #flags({ user = USER, env = {}, volumes = [], flags = [] }: ContainerOptions): readonly string[] {
    const folders = ['/tmp', '/home/spark', '/var/lib/spark/local', '/var/lib/spark/work', '/var/lib/spark/recovery'];
    const scratch = folders.filter((folder) => !volumes.some((volume) => volume.endsWith(`:${folder}`)));
    return [
      `--label=${LABEL}=${process.pid}`,
      `--network=${this.id}`,
      `--user=${user}`,
      '--read-only',
      '--cap-drop=ALL',
      '--tmpfs=/run/spark',
      ...[...scratch, ...volumes].flatMap((volume) => ['--volume', volume]),
      ...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ...flags,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#names.length > 0) await docker(['rm', '--force', '--volumes', ...this.#names]);
    if (this.#volumes.length > 0) await docker(['volume', 'rm', ...this.#volumes]);
    await docker(['network', 'rm', this.id]);
  }
}

async function removeLeftovers(): Promise<void> {
  for (const [kind, list, remove] of [
    ['container', ['ps', '--all'], ['rm', '--force', '--volumes']],
    ['volume', ['volume', 'ls'], ['volume', 'rm']],
    ['network', ['network', 'ls'], ['network', 'rm']],
  ] as const) {
    const name = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
    const lines = await docker([...list, '--filter', `label=${LABEL}`, '--format', `{{.Label "${LABEL}"}} ${name}`]);
    const found = lines.split('\n').flatMap((line) => {
      const [pid, object] = line.split(' ');
      return object === undefined || isAlive(Number(pid)) ? [] : [object];
    });
    if (found.length > 0) await docker([...remove, ...found]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function docker(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return must('docker', args, options);
}

async function must(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await new RunningCommand(file, args, options).ended;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout.trimEnd();
}
