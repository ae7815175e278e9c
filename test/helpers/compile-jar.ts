import { projectRoot } from './cli.ts';
import { RunningCommand } from './lab-command.ts';

/**
 * Compiles examples/jobs/WordLengths.java as its head says, on the engine of this machine, and writes the jar into a file.
 *
 * @param run names the two images, which are taken away again; their layers stay for the next time
 * @param image the cluster's: its jars are what is compiled against
 */
export async function compileWordLengths(run: string, image: string, file: string): Promise<void> {
  const [jdk, built] = [`spark-swarm-test:${run}-jdk`, `spark-swarm-test:${run}-jar`];
  try {
    await must(['build', '--quiet', '--target', 'jre', '--tag', jdk, 'docker']);
    const base = ['--build-arg', `SPARK=${image}`, '--build-arg', `JDK=${jdk}`];
    await must([
      'build',
      '--quiet',
      ...base,
      '--tag',
      built,
      '--file',
      'examples/jobs/jar.Dockerfile',
      'examples/jobs',
    ]);
    await shell('docker run --rm "$1" cat /app.jar >"$2"', built, file);
  } finally {
    await new RunningCommand('docker', ['rmi', '--no-prune', built, jdk], { env: MACHINE }).ended;
  }
}

/** Not the lab of the test. */
const MACHINE = { DOCKER_CONTEXT: undefined, DOCKER_HOST: undefined };

async function must(args: readonly string[]): Promise<void> {
  await shell('exec docker "$@"', ...args);
}

async function shell(line: string, ...words: readonly string[]): Promise<void> {
  const limits = { cwd: projectRoot, env: MACHINE, limitMs: 900_000 };
  const { status, stdout, stderr } = await new RunningCommand('sh', ['-c', line, 'sh', ...words], limits).ended;
  if (status !== 0) throw new Error(`${line} ${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}
