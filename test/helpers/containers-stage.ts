import { rememberSpec } from '../../src/cluster/spec.ts';
import { writeMemory } from '../../src/platforms/containers/cluster-memory.ts';
import { MIB, spec } from './builders.ts';
import { runCli, type CliOptions, type CliOutcome } from './cli.ts';
import { FakeContainers, rawContainer } from './fake-containers.ts';
import { FakeMaster } from './fake-master.ts';

/** A healthy cluster in containers of an engine that is no swarm: its engine and its master's page are fake ones. */
export class ContainersStage implements AsyncDisposable {
  readonly fake: FakeContainers;
  readonly master: FakeMaster;

  private constructor(fake: FakeContainers, master: FakeMaster) {
    this.fake = fake;
    this.master = master;
  }

  /** With a master, two workers and what else is named. */
  static async set(...more: readonly string[]): Promise<ContainersStage> {
    const master = await FakeMaster.start();
    const fake = await FakeContainers.start([
      rawContainer('spark', 'master', { ports: { 7077: master.port, 8080: master.port } }),
      ...['worker-1', 'worker-2', ...more].map((name) => rawContainer('spark', name)),
    ]);
    const notebook = { image: 'n', imageId: 'sha256:n', limitBytes: 1920 * MIB };
    await writeMemory(fake.engine.api, 'spark', {
      workers: 2,
      spec: JSON.stringify(rememberSpec(spec({ notebook: more.includes('notebook') ? notebook : undefined }))),
      document: '{"services":{}}',
    });
    fake.engine.requests.length = 0;
    return new ContainersStage(fake, master);
  }

  async run(argv: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
    return runCli(argv, { env: this.fake.engine.env, ...options });
  }

  /** Requests that change something, without the lock. */
  get changes(): readonly string[] {
    return this.fake.engine.requests
      .filter(({ method, body, path }) => method !== 'GET' && !/-lock/.test(path + body))
      .map(({ method, path }) => `${method} ${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.master[Symbol.asyncDispose]();
    await this.fake[Symbol.asyncDispose]();
  }
}
