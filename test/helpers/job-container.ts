import { must } from './must.ts';
import { nameRun } from './run-name.ts';

let count = 0;

/** A container of the image. Its first process, unless a test names it, only waits for half an hour: what was left goes by itself. */
export class JobContainer implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** @param flags more of `docker run`; its first process reaps nothing without `--init` */
  static async start(flags: readonly string[] = [], command?: readonly string[]): Promise<JobContainer> {
    count += 1;
    const name = `${await nameRun()}-job-${count}`;
    const image = process.env['TEST_IMAGE'] ?? 'spark-swarm:latest';
    const [program = '', ...words] = command ?? ['sleep', '1800'];
    await must('docker', [
      'run',
      '--detach',
      // What ends during a test is looked at afterwards, and its volumes are free when it has been removed.
      ...(command === undefined ? ['--rm'] : []),
      '--name',
      name,
      '--entrypoint',
      program,
      ...flags,
      image,
      ...words,
    ]);
    return new JobContainer(name);
  }

  /** What is put before a program to run it in there, as this user. */
  through(user = '0'): readonly string[] {
    return ['docker', 'exec', '--interactive', '--user', user, this.name];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that only waits may have gone by itself.
    await must('docker', ['rm', '--force', '--volumes', this.name]).catch(() => '');
  }
}
