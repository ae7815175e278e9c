import { Writable } from 'node:stream';

import { openJobTools } from '../adapters/jobs/job-tools.ts';
import { readProcess } from '../adapters/process/this-process.ts';
import { openJobs } from '../connections/open-jobs.ts';
import { UsageError } from '../errors.ts';
import { planJob } from '../jobs/job-plan.ts';
import { splitOwnFlags, wishFromWords } from '../jobs/job-words.ts';
import type { JobWish } from '../jobs/job-wish.ts';
import { assertApplication, exitStatusOf, submitApplication as submit } from '../operations/submit.ts';
import { CLUSTER_READERS, nameOf, type ClusterOptions } from './call-options.ts';
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
  const { processEnv: env = readProcess().env } = wishes;
  const tools = await openJobTools({ cwd: cwdOf(wishes), env, cluster: nameOf(wishes) });
  const wish = readWords(argv);
  assertApplication(wish);
  const plan = await planJob(wish, tools);
  return runClusterCall(wishes, async (connection, name, { around }) => {
    const [stdout, stderr] = [new KeptText(), new KeptText()];
    const { projectRoot } = around;
    const jobs = await openJobs(connection, { name, driver: plan.spec.driver, projectRoot });
    const view = await submit(jobs, { plan, stdout: wishes.stdout ?? stdout, stderr: wishes.stderr ?? stderr });
    return { exitStatus: exitStatusOf(view), stdout: stdout.text, stderr: stderr.text };
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
const CLUSTER_FLAGS = ['--name', '-n', '--context', '--platform', '-p'];

function readWords(argv: readonly string[]): JobWish {
  const flags = new Map([...CLUSTER_FLAGS, '--example'].map((flag) => [flag, true]));
  const { own, rest } = splitOwnFlags(argv, flags);
  const typed = own.map((word) => word.split('=')[0] ?? '').find((word) => CLUSTER_FLAGS.includes(word));
  if (typed !== undefined) {
    const flag = CLUSTER_FLAGS.find((each) => each.startsWith('--') && each.startsWith(typed.replace(/^-(?!-)/, '--')));
    throw new UsageError(`argv: ${flag} is the option "${flag?.slice(2)}" of this function`);
  }
  const example = own.at(-1)?.replace(/^--example=/, '');
  return wishFromWords(rest, example === undefined ? {} : { example });
}

/** Numbers too: they come from other programs' results. */
function readWord(value: unknown, field: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw wrongValue(field, value, 'a text');
}
