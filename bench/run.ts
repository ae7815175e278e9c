import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** This file is dist/bench/run.js when it runs. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** In the environment of everything that a bench starts, and so of whatever that leaves behind. */
export const MARKER = `SPARK_SWARM_BENCH=${process.pid}`;

export interface RunOptions {
  /** Added to the environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Statuses that are no failure. Default 0 alone. */
  readonly statuses?: readonly number[];
  /** Gets what it prints on standard output, as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface Outcome {
  readonly ms: number;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

/**
 * Runs a program to its end: one of the project's launchers (`bin/submit`) or one of the machine's (`docker`).
 *
 * @throws Error with its output if it fails
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const program = file.includes('/') ? path.join(projectRoot, file) : file;
  const startedAt = performance.now();
  const child = spawn(program, args, { env: environment(options.env), stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  child.stdin.on('error', () => {
    // It has ended without reading.
  });
  child.stdin.end(options.input ?? '');
  const { onOutput } = options;
  if (onOutput) child.stdout.setEncoding('utf8').on('data', onOutput);
  const texts = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - startedAt;
  running.delete(child);
  const [stdout, stderr] = await texts;
  const status = code ?? 128;
  if ((options.statuses ?? [0]).includes(status)) return { ms, status, stdout, stderr };
  throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

async function collect(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(stream, 'close');
  return text;
}

/** Ends what runs; the commands themselves clean up behind a SIGTERM. */
export function stopAll(): void {
  for (const child of running) child.kill('SIGTERM');
}

function environment(added: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const [name = '', value] = MARKER.split('=');
  const merged = { ...process.env, DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined, [name]: value, ...added };
  return Object.fromEntries(Object.entries(merged).filter(([, text]) => text !== undefined));
}

/** @returns milliseconds that the work took */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
