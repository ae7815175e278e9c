import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';

import { readJobScripts } from '../../src/adapters/jobs/job-scripts.ts';
import { packRecord } from '../../src/adapters/jobs/pack-record.ts';
import { cancelWords, readCancel, type CancelAnswer } from '../../src/jobs/cancel.ts';
import { waitWords } from '../../src/jobs/follow.ts';
import type { JobScripts } from '../../src/jobs/job-scripts.ts';
import type { ShellResult, TaskObservation } from '../../src/jobs/job-shell.ts';
import { FINAL_STATES, type JobSpec } from '../../src/jobs/job.ts';
import { judgeSnapshot, type JobView } from '../../src/jobs/judge-snapshot.ts';
import {
  jobFolder,
  launchWords,
  readLaunch,
  stagingFolder,
  type LaunchAnswer,
  type LaunchMode,
} from '../../src/jobs/launch.ts';
import { readSnapshot, snapshotWords } from '../../src/jobs/snapshot.ts';
import { projectRoot } from './cli.ts';
import { waitFor } from './wait-for.ts';

/** Says that it runs, and then does nothing for an hour. */
export const SLEEP = ['sh', '-c', 'echo up; exec sleep 3600'];

const NONE: ReadonlyMap<string, TaskObservation> = new Map();

export interface RecordsOptions {
  /** Put before every program: `['docker', 'exec', '-i', NAME]`. */
  readonly through?: readonly string[];
  /** Folder of the records there. Default: a new one of this machine. */
  readonly base?: string;
}

export interface JobWords {
  readonly id?: string;
  /** Default: `test`. */
  readonly name?: string;
  readonly timeoutMs?: number;
  readonly graceMs?: number;
  readonly maxOutputBytes?: number;
  /** Text of env.sh. */
  readonly environment?: string;
  readonly mode?: LaunchMode;
}

export interface StagedJob {
  readonly spec: JobSpec;
  readonly folder: string;
  readonly nonce: string;
  /** Of its record, absolute. */
  readonly directory: string;
}

/** Records of jobs kept by the real scripts, with real processes: on this machine, or in a container. */
export class JobRecords implements AsyncDisposable {
  readonly base: string;
  readonly scripts: JobScripts;
  readonly #through: readonly string[];

  private constructor(base: string, scripts: JobScripts, through: readonly string[]) {
    this.base = base;
    this.scripts = scripts;
    this.#through = through;
  }

  static async open({ through = [], base }: RecordsOptions = {}): Promise<JobRecords> {
    const folder = base ?? path.join(await mkdtemp(path.join(tmpdir(), 'spark-swarm-jobs-')), 'records');
    return new JobRecords(folder, await readJobScripts(projectRoot), through);
  }

  /** Uploads a job as it is done for real. */
  async stage(argv: readonly string[], options: JobWords = {}): Promise<StagedJob> {
    const id = options.id ?? randomBytes(6).toString('hex');
    const spec: JobSpec = {
      schemaVersion: 1,
      id,
      name: options.name ?? 'test',
      type: 'shell',
      cluster: 'none',
      driver: options.mode === 'task' ? 'task' : 'master',
      argv,
      environment: [],
      files: [],
      createdAt: new Date().toISOString(),
      createdBy: 'ada@laptop',
      timeoutMs: options.timeoutMs ?? null,
      graceMs: options.graceMs ?? 500,
      ...(options.maxOutputBytes === undefined ? {} : { maxOutputBytes: options.maxOutputBytes }),
      hash: Buffer.from(JSON.stringify(argv)).toString('hex').slice(-64),
    };
    const folder = jobFolder(spec);
    const nonce = randomBytes(4).toString('hex');
    const { wrapper, cancel } = this.scripts;
    const environment = options.environment ?? '';
    const plan = { spec, driver: undefined, options: [], environment, uploads: [], contentHash: '' };
    const archive = await packRecord(plan, { scripts: { wrapper, cancel } });
    const script = 'umask 077; mkdir -p "$1" && exec tar -x --no-same-owner -C "$1"';
    const words = ['sh', '-c', script, 'upload', stagingFolder(this.base, folder, nonce)];
    const child = this.#spawn(words, 'pipe');
    const ended = outcome(child);
    await pipeline(archive, child.stdin!).catch(() => {});
    const { status, stderr } = await ended;
    if (status !== 0) throw new Error(`Upload of ${folder} ended with ${status}: ${stderr}`);
    return { spec, folder, nonce, directory: `${this.base}/${folder}` };
  }

  async launch({ spec, folder, nonce }: StagedJob, mode: LaunchMode = 'host'): Promise<LaunchAnswer> {
    const words = launchWords({ base: this.base, folder, nonce, hash: spec.hash, mode });
    return readLaunch(await this.run(this.scripts.launch, words));
  }

  /** Uploads and launches a job that has to start. */
  async start(argv: readonly string[], options: JobWords = {}): Promise<StagedJob> {
    const job = await this.stage(argv, options);
    const answer = await this.launch(job, options.mode);
    if (answer.kind !== 'started') throw new Error(`Not started: ${JSON.stringify(answer)}`);
    return job;
  }

  /** Starts a job that goes on, and waits until it has said something. */
  async startSleeper(argv: readonly string[] = SLEEP): Promise<StagedJob> {
    const job = await this.start(argv);
    await this.readSoon(job, 'stdout');
    return job;
  }

  /** @param graceMs far more than any job needs that hears a signal */
  async cancel(job: StagedJob, graceMs = 10_000, place: 'here' | 'record' = 'here'): Promise<CancelAnswer> {
    const words = cancelWords(this.base, job.folder, { why: 'cancel', graceMs, place });
    return readCancel(await this.run(this.scripts.cancel, words));
  }

  /** @returns its exit status */
  async wait(job: StagedJob, seconds = 60): Promise<number> {
    return (await this.run(this.scripts.wait, waitWords(this.base, job.folder, seconds))).status;
  }

  /** All jobs, judged. */
  async list(id?: string, tasks = NONE): Promise<readonly JobView[]> {
    const { stdout } = await this.run(this.scripts.snapshot, snapshotWords(this.base, id));
    return judgeSnapshot(readSnapshot(stdout), tasks);
  }

  async see(job: StagedJob): Promise<JobView | undefined> {
    return (await this.list(job.spec.id))[0];
  }

  /** `STATE`, or `STATE reason`. @param task what Docker says of its task */
  async state(job: StagedJob, task?: string): Promise<string> {
    const seen = { jobId: job.spec.id, state: task ?? '', message: '', exitCode: undefined, node: 'node1' };
    const [view] = await this.list(job.spec.id, task === undefined ? NONE : new Map([[job.spec.id, seen]]));
    return view === undefined ? 'none' : describe(view);
  }

  /** Waits for its end. @returns as `state` */
  async end(job: StagedJob): Promise<string> {
    await this.wait(job);
    const view = await waitFor('the end of the job', {
      read: async () => this.see(job),
      until: (seen) => seen !== undefined && FINAL_STATES.has(seen.state),
    });
    return describe(view!);
  }

  /** Text of one of its files, `files/…` included. */
  async read(job: StagedJob, name: string): Promise<string> {
    if (this.#through.length === 0) return readFile(`${job.directory}/${name}`, 'utf8');
    return (await this.sh('cat "$1"', `${job.directory}/${name}`)).stdout;
  }

  /** Waits until one of its files has text in it. @returns the text */
  async readSoon(job: StagedJob, name: string): Promise<string> {
    const read = async (): Promise<string> => this.read(job, name);
    return waitFor(`${name} of the job`, { read, until: (seen) => seen !== '', limitMs: 20_000 });
  }

  /** Numbers of the live processes that have the job's environment. */
  async processes(job: StagedJob): Promise<readonly number[]> {
    const script = 'grep -lazxF "SPARK_SWARM_JOB_ID=$1" /proc/[0-9]*/environ 2>/dev/null | grep -o "[0-9]*"';
    return (await this.sh(script, job.spec.id)).stdout.split('\n').filter(Boolean).map(Number);
  }

  /** Number of its wrapper. */
  async wrapper(job: StagedJob): Promise<number> {
    return Number.parseInt(await this.read(job, 'pid'), 10);
  }

  async run(script: string, words: readonly string[]): Promise<ShellResult> {
    return outcome(this.#spawn(['sh', '-c', script, 'script', ...words]));
  }

  /** A script of the test itself. */
  async sh(script: string, ...words: readonly string[]): Promise<ShellResult> {
    return this.run(script, words);
  }

  /** A script that is going to be killed: in a process group of its own, on this machine. */
  spawnScript(script: string, words: readonly string[]): ReturnType<typeof spawn> {
    return spawn('sh', ['-c', script, 'script', ...words], { detached: true, stdio: 'ignore' });
  }

  /** Ends what still runs of its jobs, and takes the folder away. */
  async [Symbol.asyncDispose](): Promise<void> {
    const views = await this.list().catch(() => []);
    for (const view of views) {
      if (FINAL_STATES.has(view.state)) continue;
      const words = cancelWords(this.base, view.folder, { why: 'cancel', graceMs: 0, place: 'here' });
      await this.run(this.scripts.cancel, words);
    }
    if (this.#through.length === 0) await rm(path.dirname(this.base), { recursive: true, force: true });
  }

  #spawn(words: readonly string[], input: 'pipe' | 'ignore' = 'ignore'): ReturnType<typeof spawn> {
    const [file = '', ...args] = [...this.#through, ...words];
    return spawn(file, args, { stdio: [input, 'pipe', 'pipe'] });
  }
}

function describe({ state, reason }: JobView): string {
  return reason === '' ? state : `${state} ${reason}`;
}

async function outcome(child: ReturnType<typeof spawn>): Promise<ShellResult> {
  const status = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => {
      resolve(code ?? -1);
    });
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { status: await status, stdout, stderr };
}
