import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { readEventLogScript } from '../../src/adapters/jobs/event-log-script.ts';
import { readJobScripts } from '../../src/adapters/jobs/job-scripts.ts';
import { openJobTools } from '../../src/adapters/jobs/job-tools.ts';
import { packRecord } from '../../src/adapters/jobs/pack-record.ts';
import { readSubmitScripts } from '../../src/adapters/jobs/submit-scripts.ts';
import { UnreachableError } from '../../src/errors.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { planJob, type JobPlan } from '../../src/jobs/job-plan.ts';
import type { JobView } from '../../src/jobs/judge-snapshot.ts';
import type { JobShell, ShellResult, ShellRunOptions, ShellStreamOptions } from '../../src/jobs/job-shell.ts';
import { wishFromWords, type JobFlags } from '../../src/jobs/job-words.ts';
import { cancelJob } from '../../src/operations/jobs/cancel.ts';
import { findJob, isFinal, readJobs } from '../../src/operations/jobs/read-jobs.ts';
import { runJob } from '../../src/operations/jobs/run.ts';
import { waitForJob } from '../../src/operations/jobs/wait.ts';
import type { SubmitContext } from '../../src/operations/submit.ts';
import { cluster } from './builders.ts';
import { projectRoot } from './cli.ts';

/** Where a connection breaks: before a program is sent, or after it has run and before its answer comes. */
export type Cut = 'before' | 'after' | undefined;

/** Records and processes of this machine, by the real scripts. */
export class LocalJobShell implements JobShell {
  readonly place = 'this machine';
  readonly owner = undefined;
  readonly base: string;
  /** How each program that is sent is cut, one after the other. */
  readonly cuts: Cut[] = [];
  /** How each stream is cut: after so many bytes of standard output. */
  readonly streamCuts: number[] = [];
  readonly scripts: Readonly<Record<string, string>>;
  /** Names of the programs that have run. */
  readonly ran: string[] = [];

  constructor(base: string, scripts: Readonly<Record<string, string>>) {
    this.base = base;
    this.scripts = scripts;
  }

  async run(script: string, words: readonly string[], { signal }: ShellRunOptions): Promise<ShellResult> {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const texts = Promise.all([readText(stdout), readText(stderr)]);
    const cut = this.cuts.shift();
    if (cut === 'before') throw lost();
    const status = await this.#start(script, words, { stdout, stderr, signal });
    stdout.end();
    stderr.end();
    const [out, err] = await texts;
    if (cut === 'after') throw lost();
    return { status, stdout: out, stderr: err };
  }

  async stream(script: string, words: readonly string[], options: ShellStreamOptions): Promise<number> {
    const limit = this.streamCuts.shift();
    if (limit === undefined) return this.#start(script, words, options);
    const controller = new AbortController();
    const stdout = new PassThrough();
    let count = 0;
    stdout.on('data', (chunk: Buffer) => {
      options.stdout.write(chunk.subarray(0, Math.max(0, limit - count)));
      count += chunk.length;
      if (count >= limit) controller.abort(lost());
    });
    return this.#start(script, words, { ...options, stdout, signal: controller.signal });
  }

  async upload(archive: Readable, folder: string): Promise<void> {
    const child = spawn('sh', ['-c', 'umask 077; mkdir -p "$1" && exec tar -x --no-same-owner -C "$1"', 'up', folder], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const said = readText(child.stderr);
    await pipeline(archive, child.stdin);
    if ((await ended) !== 0) throw new Error(await said);
  }

  async #start(script: string, words: readonly string[], options: ShellStreamOptions): Promise<number> {
    options.signal.throwIfAborted();
    this.ran.push(Object.entries(this.scripts).find(([, text]) => text === script)?.[0] ?? 'another');
    const child = spawn('sh', ['-c', script, 'job', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(options.stdout, { end: false });
    child.stderr.pipe(options.stderr, { end: false });
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        // As with a connection that is cut: what is still printed goes nowhere.
        child.stdout.destroy();
        child.stderr.destroy();
        reject(options.signal.reason as Error);
      };
      options.signal.addEventListener('abort', onAbort, { once: true });
      child.once('close', (status) => {
        options.signal.removeEventListener('abort', onAbort);
        resolve(status ?? 255);
      });
    });
  }
}

function lost(): UnreachableError {
  return new UnreachableError('The connection was lost');
}

/** The jobs of a cluster whose master is this machine. */
export class LocalJobs implements AsyncDisposable {
  readonly context: SubmitContext;
  readonly shell: LocalJobShell;
  readonly controller: AbortController;
  readonly events: readonly ProgressEvent[];
  readonly #folder: string;

  private constructor(folder: string, parts: Pick<LocalJobs, 'context' | 'shell' | 'controller' | 'events'>) {
    this.#folder = folder;
    this.context = parts.context;
    this.shell = parts.shell;
    this.controller = parts.controller;
    this.events = parts.events;
  }

  static async open(changes: Partial<SubmitContext> = {}): Promise<LocalJobs> {
    const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-local-jobs-'));
    const controller = new AbortController();
    const events: ProgressEvent[] = [];
    const scripts = await readJobScripts(projectRoot);
    const submitScripts = await readSubmitScripts(projectRoot);
    const shell = new LocalJobShell(path.join(folder, 'records'), { ...scripts, ...submitScripts });
    const context: SubmitContext = {
      cluster: 'spark',
      state: cluster(),
      driver: 'master',
      shell,
      runner: undefined,
      events: { shell, script: await readEventLogScript(projectRoot) },
      scripts,
      submitScripts,
      report: (event) => events.push(event),
      signal: controller.signal,
      readMaster: async () => undefined,
      prepare: async () => ({ environment: {}, files: [] }),
      pack: async (plan, record) => packRecord(plan, { ...record, scripts }),
      ...changes,
    };
    return new LocalJobs(folder, { context, shell, controller, events });
  }

  /** A shell job with this script. */
  async plan(script: string, flags: JobFlags = {}): Promise<JobPlan> {
    await writeFile(path.join(this.#folder, 'job.sh'), script);
    const tools = await openJobTools({ cwd: this.#folder, env: { HOME: this.#folder }, cluster: 'spark' });
    const wish = wishFromWords(['job.sh'], { type: 'shell', ...flags });
    return planJob(wish, tools);
  }

  /** Nothing that was started here goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.shell.cuts.length = 0;
    this.shell.streamCuts.length = 0;
    const context = { ...this.context, signal: new AbortController().signal, runner: undefined };
    for (const view of await readJobs(context))
      if (!isFinal(view)) await cancelJob(context, view, { graceMs: 0 }).catch(() => {});
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A shell job with this script that has run to its end here, after 1.5 s. */
export async function endedJob(script: string): Promise<JobView> {
  await using jobs = await LocalJobs.open();
  const { spec } = await runJob(jobs.context, await jobs.plan(script), { driverBytes: undefined });
  const view = await waitForJob(jobs.context, await findJob(jobs.context, spec.id), {});
  return { ...view, durationMs: 1500 };
}
