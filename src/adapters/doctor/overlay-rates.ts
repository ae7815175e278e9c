import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import { ToolkitError, UnreachableError } from '../../errors.ts';
import type { OverlayRate, OverlayReading } from '../../doctor/overlay.ts';
import { Container } from '../engine/container.ts';
import type { ProbeContainer } from './probe-container.ts';
import { RECEIVE_PROGRAM, SEND_PROGRAM } from './probe-programs.ts';

const SENT_BYTES = 64 * 1024 ** 2;
const PAIR_TIMEOUT_MS = 45_000;

type Rates = Pick<OverlayReading, 'rates' | 'unmeasured'>;

/** Sends 64 MiB from each node to each other, one pair after the other, so that no two share a wire. */
export async function measureRates(
  containers: readonly ProbeContainer[],
  progress: (detail: string) => void,
  signal: AbortSignal,
): Promise<Rates> {
  const able = containers.filter(({ hasPython }) => hasPython);
  const rates: OverlayRate[] = [];
  const unmeasured = containers
    .filter(({ hasPython }) => !hasPython)
    .map(({ node }) => `${node.name} has no python3 and no Spark image: its throughput was not measured`);
  for (const from of able) {
    for (const to of able.filter((container) => container !== from)) {
      progress(`sending ${SENT_BYTES / 1024 ** 2} MiB from ${from.node.name} to ${to.node.name}`);
      const rate = await measurePair(from, to, signal);
      if (typeof rate === 'string') unmeasured.push(`${from.node.name} to ${to.node.name}: ${rate}`);
      else rates.push(rate);
    }
  }
  return { rates, unmeasured };
}

/** @returns why it could not be measured */
async function measurePair(
  from: ProbeContainer,
  to: ProbeContainer,
  outer: AbortSignal,
): Promise<OverlayRate | string> {
  const limit = AbortSignal.timeout(PAIR_TIMEOUT_MS);
  const signal = AbortSignal.any([outer, limit]);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  try {
    const errors = readText(stderr);
    let output = '';
    stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const received = new Container(to.node.api, to.id).exec(['python3', '-c', RECEIVE_PROGRAM], {
      stdout,
      stderr,
      signal,
    });
    received.catch(() => {});
    while (!output.includes('\n')) await Promise.race([once(stdout, 'data', { signal }), failIfEnded(received)]);
    const port = output.split('\n')[0] ?? '';
    const argv = ['python3', '-c', SEND_PROGRAM, to.address, port, String(SENT_BYTES)];
    const sent = await new Container(from.node.api, from.id).read(argv, { signal, timeoutMs: PAIR_TIMEOUT_MS });
    if (sent.status !== 0) return `the sender ended with ${sent.status}: ${lastLine(sent.stderr)}`;
    const status = await received;
    stderr.end();
    const [bytes = 0, seconds = 0] = (output.split('\n')[1] ?? '').split(' ').map(Number);
    if (status !== 0 || bytes !== SENT_BYTES || !(seconds > 0))
      return `the receiver ended with ${status}: ${lastLine(await errors)}`;
    return { from: from.node.name, to: to.node.name, bytesPerSecond: Math.round(bytes / seconds) };
  } catch (error) {
    outer.throwIfAborted();
    if (limit.aborted) return `nothing came within ${PAIR_TIMEOUT_MS / 1000} s`;
    if (error instanceof ToolkitError) return error.message;
    throw error;
  } finally {
    stdout.destroy();
    stderr.end();
  }
}

async function failIfEnded(received: Promise<number>): Promise<never> {
  throw new UnreachableError(`the receiver ended with ${await received}`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
