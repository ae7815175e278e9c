import { runCli, type CliOptions, type CliOutcome } from './cli.ts';
import { FakeMaster } from './fake-master.ts';
import { FakeSwarm } from './fake-swarm.ts';

/** The captured cluster, healthy: its manager is a fake engine, its master's page a fake one, both on this machine. */
export class Stage implements AsyncDisposable {
  readonly swarm: FakeSwarm;
  readonly master: FakeMaster;

  private constructor(swarm: FakeSwarm, master: FakeMaster) {
    this.swarm = swarm;
    this.master = master;
  }

  static async set(): Promise<Stage> {
    const stage = new Stage(await FakeSwarm.start(), await FakeMaster.start());
    stage.swarm.publish({ 8080: stage.master.port, 7077: stage.master.port });
    return stage;
  }

  async run(argv: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
    return runCli(argv, { env: this.swarm.engine.env, ...options });
  }

  /** Requests that change something, without the lock. */
  get changes(): readonly string[] {
    return this.swarm.engine.changes.filter((line) => !line.includes('/configs'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.master[Symbol.asyncDispose]();
    await this.swarm[Symbol.asyncDispose]();
  }
}
