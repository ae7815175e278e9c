import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Writable } from 'node:stream';

import { isFile, packRunFolder } from '../adapters/files/run-archive.ts';
import { UsageError } from '../errors.ts';
import { submitApplication as submit } from '../operations/submit.ts';
import { EXAMPLES, planSubmit, type SubmitPlan } from '../spark/submit-argv.ts';
import { CLUSTER_READERS, type ClusterOptions } from './call-options.ts';
import { anyWritable, list, readOptions, wrongValue } from './read-options.ts';
import { cwdOf, runClusterCall } from './run-call.ts';

export interface SubmitApplicationOptions extends ClusterOptions {
  /**
   * What one types after `bin/submit`: spark-submit's own options, the application (.py or .jar), its arguments. Files of
   * this machine are brought along; a path inside the cluster starts with `/`. `['--example', 'pi', '10']` runs an example.
   */
  readonly argv: readonly string[];
  /** Gets what the application prints, as it comes; it is not ended. Default: the text is in the result. */
  readonly stdout?: Writable | undefined;
  /** The same for standard error, where Spark's log goes. */
  readonly stderr?: Writable | undefined;
}

export interface ApplicationResult {
  /** The application's own: one that failed is no error of this call. */
  readonly exitStatus: number;
  /** What it printed, all in memory; empty if a stream was given. */
  readonly stdout: string;
  readonly stderr: string;
}

const READERS = {
  ...CLUSTER_READERS,
  argv: list("a list of words, like ['app.py', '--input', '/data/in']", readWord),
  stdout: anyWritable,
  stderr: anyWritable,
};

/**
 * Runs an application with its driver in the master's container, and returns when it has ended. An abort cancels it on the
 * cluster, too, before this throws.
 *
 * @throws NotFoundError: no such cluster; InvalidStateError: its master does not run; UsageError: nothing to submit, no such
 * file, or a driver that does not fit; UnreachableError; InterruptedError
 */
export async function submitApplication(options: SubmitApplicationOptions): Promise<ApplicationResult> {
  const { argv = [], ...wishes } = readOptions(options, READERS);
  const resolve = (file: string): string => path.resolve(cwdOf(wishes), file);
  const plan = planSubmit(argv, { examples: EXAMPLES, isLocalFile: (file) => isFile(resolve(file)) });
  refuseOwnFlags(plan);
  return runClusterCall(wishes, async (connection, name) => {
    const [stdout, stderr] = [new KeptText(), new KeptText()];
    const exitStatus = await submit(connection, {
      name,
      plan,
      runId: randomBytes(6).toString('hex'),
      stdout: wishes.stdout ?? stdout,
      stderr: wishes.stderr ?? stderr,
      pack: async (runFolder, files, owner) => packRunFolder(runFolder, files.map(resolve), owner),
    });
    return { exitStatus, stdout: stdout.text, stderr: stderr.text };
  });
}

/** Keeps bytes, because a character may come in two parts. */
class KeptText extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}

/** In `submit` these choose the cluster; here they would be a second way to say the same. */
function refuseOwnFlags({ own }: SubmitPlan): void {
  const given = (['name', 'context', 'platform'] as const).find((flag) => own[flag] !== undefined);
  if (given !== undefined) throw new UsageError(`argv: --${given} is the option "${given}" of this function`);
}

/** Numbers too: they come from other programs' results. */
function readWord(value: unknown, field: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw wrongValue(field, value, 'a text');
}
