import { createInterface } from 'node:readline';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { ToolkitError } from '../errors.ts';
import { formatBytes } from '../units.ts';

/** One line of the engine's answer to a pull. Source: moby `pkg/jsonmessage`. */
export interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

export interface PullRun {
  progress(detail: string): void;
  readonly signal: AbortSignal;
  /** Until the first word, and between two words, milliseconds. A registry that is not there is not waited for. */
  readonly silenceMs: number;
}

/**
 * Pulls an image.
 *
 * @returns undefined when it is there, else why it could not be pulled, in few words
 */
export async function pullImage(engine: EngineApi, reference: string, run: PullRun): Promise<string | undefined> {
  const [image = reference, tag = 'latest'] = reference.split(':');
  const silence = new AbortController();
  const signal = AbortSignal.any([run.signal, silence.signal]);
  const timer = setTimeout(() => silence.abort(), run.silenceMs);
  try {
    const answer = await engine.open('POST', '/images/create', {
      query: { fromImage: image, tag },
      signal,
      timeoutMs: 0,
    });
    const sums = new PullSums();
    for await (const line of createInterface({ input: answer, signal })) {
      if (line.trim() === '') continue;
      timer.refresh();
      const message = JSON.parse(line) as PullMessage;
      if (message.error !== undefined) return shortReason(message.error);
      const detail = sums.add(message);
      if (detail !== undefined) run.progress(detail);
    }
    return silence.signal.aborted ? silent(run) : undefined;
  } catch (error) {
    run.signal.throwIfAborted();
    if (silence.signal.aborted) return silent(run);
    if (error instanceof ToolkitError) return shortReason(error.message);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function silent({ silenceMs }: PullRun): string {
  return `the registry did not answer within ${silenceMs / 1000} s`;
}

/** The end of the engine's sentence, which is what was seen: `Get "https://…": dial tcp: lookup …: no such host`. */
export function shortReason(text: string): string {
  const line = text.split('\n')[0]?.trim() ?? '';
  return line.split(': ').at(-1) ?? line;
}

/** Adds up what all layers have fetched. */
export class PullSums {
  readonly #layers = new Map<string, { readonly current: number; readonly total: number }>();

  /** @returns `12 MB of 30 MB`; undefined while no size is known */
  add({ id, status, progressDetail }: PullMessage): string | undefined {
    if (id === undefined || status !== 'Downloading' || progressDetail?.total === undefined) return undefined;
    this.#layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
    const layers = [...this.#layers.values()];
    const sum = (key: 'current' | 'total'): number => layers.reduce((bytes, layer) => bytes + layer[key], 0);
    return `${formatBytes(sum('current'))} of ${formatBytes(sum('total'))}`;
  }
}
