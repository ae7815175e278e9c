import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ExecutionContext } from 'ava';

import { EngineApi } from '../../src/adapters/engine/engine-api.ts';
import type { DoctorReport, ReportedFinding } from '../../src/doctor/doctor-report.ts';
import { RunningCommand, type CommandOptions, type Outcome } from './lab-command.ts';
import { waitFor } from './wait-for.ts';

export interface Doctored extends Outcome {
  readonly report: DoctorReport;
}

/** Runs `bin/doctor -o json` as a user would. */
export async function runDoctor(args: readonly string[], options: CommandOptions = {}): Promise<Doctored> {
  const outcome = await new RunningCommand('bin/doctor', ['-o', 'json', '-q', ...args], options).ended;
  try {
    return { ...outcome, report: JSON.parse(outcome.stdout) as DoctorReport };
  } catch {
    throw new Error(`bin/doctor ${args.join(' ')} ended with ${outcome.status}:\n${outcome.stdout}${outcome.stderr}`);
  }
}

/** Findings of this id, or an error with all that were found. */
export function findingOf({ report }: Doctored, id: string): ReportedFinding {
  const found = report.findings.find((finding) => finding.id === id);
  if (found) return found;
  throw new Error(`no ${id} among the findings: ${JSON.stringify(report.findings, undefined, 2)}`);
}

/** What a check says of itself. */
export function detailOf({ report }: Doctored, check: string): string | null | undefined {
  return report.checks.find(({ id }) => id === check)?.detail;
}

export function idsOf({ report }: Doctored): readonly string[] {
  return report.findings.map(({ id }) => id);
}

/** A folder that is taken away after the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-doctor-'));
  t.teardown(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A PATH with every program of this machine but these. */
export async function pathWithout(t: ExecutionContext, ...missing: readonly string[]): Promise<string> {
  const folder = await temporaryFolder(t);
  const linked = new Set(missing);
  for (const place of (process.env['PATH'] ?? '').split(':')) {
    for (const name of await readdir(place).catch(() => [])) {
      if (linked.has(name)) continue;
      linked.add(name);
      await symlink(path.join(place, name), path.join(folder, name));
    }
  }
  return folder;
}

/** A real engine with a network of its own, set up as somebody may have done it. */
export class OddEngine implements AsyncDisposable {
  readonly socketPath: string;
  readonly #process: ChildProcess;

  private constructor(socketPath: string, process: ChildProcess) {
    this.socketPath = socketPath;
    this.#process = process;
  }

  /** @param folder for its data; it is not removed here */
  static async start(folder: string, flags: readonly string[]): Promise<OddEngine> {
    const socketPath = path.join(folder, 'docker.sock');
    const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '-p', `${folder}/pid`];
    const quiet = ['--iptables=false', '--ip-forward=false', '--ip-masq=false', '-H', `unix://${socketPath}`];
    const dockerd = spawn('unshare', ['--net', '--mount', 'dockerd', ...places, ...quiet, ...flags], {
      stdio: 'ignore',
    });
    const api = new EngineApi({ kind: 'unix', socketPath }, 'the odd engine');
    await waitFor('an answer of the odd engine', {
      read: async () =>
        api.get('/_ping', { timeoutMs: 1000 }).then(
          () => true,
          () => dockerd.exitCode !== null,
        ),
      until: (isOver) => isOver,
      limitMs: 60_000,
    });
    api.close();
    if (dockerd.exitCode !== null)
      throw new Error(`dockerd ended with ${dockerd.exitCode}: dockerd ${flags.join(' ')}`);
    return new OddEngine(socketPath, dockerd);
  }

  get env(): Readonly<Record<string, string | undefined>> {
    return { DOCKER_HOST: `unix://${this.socketPath}`, DOCKER_CONTEXT: undefined };
  }

  /** It takes connections and says nothing, until the end. */
  hang(): void {
    this.#process.kill('SIGSTOP');
  }

  /** Ends it; its containerd ends with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGCONT');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
