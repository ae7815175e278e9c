import pMap from 'p-map';

import { InvalidStateError, ToolkitError } from '../errors.ts';
import { clockBounds, combineClocks } from './clock.ts';
import type { ClockReading, EngineFacts, MachineReading, SystemFacts } from './facts.ts';
import type { Machine } from './machine.ts';
import { parseClock, parseEngineFacts, parseSystemFacts, type InfoAnswer, type VersionAnswer } from './parse-facts.ts';

export interface ReadFactsOptions {
  /** Text of `docker/machine/facts.sh`. */
  readonly script: string;
  readonly signal: AbortSignal;
  /** For one machine; default 9 s. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 9000;
/** A timer of Node may end that much too early. */
const TIMER_SLACK_MS = 5;
/** Each is an ssh of its own. */
const AT_ONCE = 32;

/** What all machines say of themselves, in their order. */
export async function readAllFacts(
  machines: readonly Machine[],
  options: ReadFactsOptions,
): Promise<readonly MachineReading[]> {
  return pMap(machines, async (machine) => readFacts(machine, options), { concurrency: AT_ONCE });
}

/**
 * What one machine and its engine say of themselves, both asked at the same time. Changes nothing.
 *
 * @returns also for a machine that cannot be entered: then with the reason
 * @throws the signal's reason, and nothing else
 */
export async function readFacts(machine: Machine, options: ReadFactsOptions): Promise<MachineReading> {
  const [system, engine] = await Promise.all([readSystem(machine, options), readEngine(machine, options)]);
  return {
    name: machine.name,
    place: machine.shell.host,
    system: system.facts,
    failure: system.failure,
    engine: engine.facts,
    engineFailure: engine.failure,
    clock: combineClocks(system.clock, engine.clock),
  };
}

interface Answer<Facts> {
  readonly facts: Facts | undefined;
  readonly failure: ToolkitError | undefined;
  readonly clock: ClockReading | undefined;
}

async function readSystem(
  { shell }: Machine,
  { script, signal, timeoutMs = DEFAULT_TIMEOUT_MS }: ReadFactsOptions,
): Promise<Answer<SystemFacts>> {
  let clock: ClockReading | undefined;
  return attempt(signal, async () => {
    const sentMs = now();
    let last = '';
    const onLine = (line: string): void => {
      last = line;
      const read = parseClock(line);
      if (read) clock = clockBounds(read.ms, { sentMs, receivedMs: now() }, read.precisionMs);
    };
    // As the user who logs in: what that user may do is one of the facts, and sudo would hide the connection's address.
    const run = shell.runScript(script, { asRoot: false, onLine, timeoutMs, signal });
    const { status, stdout, stderr } = await run.catch((error: unknown) => {
      // Who has begun to answer is reached.
      const isSlow = last !== '' && now() - sentMs > timeoutMs - TIMER_SLACK_MS;
      if (!isSlow || !(error instanceof ToolkitError)) throw error;
      throw new InvalidStateError(
        `Cannot see what ${shell.host} is: within ${timeoutMs / 1000} s its answer came as far as ${JSON.stringify(last)}`,
        { hint: 'run the same command again; is the machine busy, or does a program hang there?', cause: error },
      );
    });
    if (stdout === '' && status !== 0) {
      throw new InvalidStateError(
        `Cannot see what ${shell.host} is: its shell ended with status ${status}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
        { hint: 'run the same command again; is its shell a POSIX one?' },
      );
    }
    return { facts: parseSystemFacts(stdout, shell.host), failure: undefined, clock };
  });
}

async function readEngine(
  { engine }: Machine,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: ReadFactsOptions,
): Promise<Answer<EngineFacts>> {
  const startedAt = performance.now();
  return attempt(signal, async () => {
    const version = await engine.get<VersionAnswer>('/version', { signal, timeoutMs });
    const sentMs = now();
    // On the same connection by now: the way there and back is short, which is what the clock needs.
    const restMs = Math.max(1, timeoutMs - (performance.now() - startedAt));
    const info = await engine.get<InfoAnswer>('/info', { signal, timeoutMs: restMs });
    const remoteMs = Date.parse(info.SystemTime ?? '');
    const clock = Number.isNaN(remoteMs) ? undefined : clockBounds(remoteMs, { sentMs, receivedMs: now() }, 1);
    return { facts: parseEngineFacts(version, info), failure: undefined, clock };
  });
}

/** Milliseconds since 1970, by a clock that nobody sets in the middle. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

async function attempt<Facts>(signal: AbortSignal, read: () => Promise<Answer<Facts>>): Promise<Answer<Facts>> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolkitError) return { facts: undefined, failure: error, clock: undefined };
    throw error;
  }
}
