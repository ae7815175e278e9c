import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError } from '../errors.ts';
import { readNodeImages } from './node-images.ts';
import { splitTag } from './registry-name.ts';
import { shippingFailure } from './ship-failure.ts';
import { assertArrived, type NodeDelivery, type NodeListener, type ShipTarget } from './ship-images.ts';
import type { WantedImage } from './ship-plan.ts';

export interface PullRequest {
  /** By their names in the registry. */
  readonly images: readonly WantedImage[];
  readonly targets: readonly ShipTarget[];
  /** Value of `X-Registry-Auth`; never shown. */
  readonly auth: string | undefined;
  readonly signal: AbortSignal;
  readonly onNode?: NodeListener | undefined;
}

const PROGRESS_INTERVAL_MS = 500;

/**
 * Makes every node pull, all at the same time, and checks by id what came.
 *
 * @throws UnreachableError or EngineError, when all others are done, with each node that failed; the signal's reason
 */
export async function pullImages({ images, targets, auth, signal, onNode }: PullRequest): Promise<NodeDelivery[]> {
  const failures = new Map<string, unknown>();
  const pulled = await Promise.all(
    targets.map(async ({ name, api }) => {
      try {
        const delivery = await pullToNode({ name, api }, { images, auth, signal, onNode });
        onNode?.(name, { type: 'done', delivery });
        return [delivery];
      } catch (error) {
        failures.set(name, error);
        onNode?.(name, { type: 'failed', error });
        return [];
      }
    }),
  );
  signal.throwIfAborted();
  if (failures.size === 0) return pulled.flat();
  throw shippingFailure(
    images.map(({ name }) => name),
    targets.length,
    failures,
  );
}

async function pullToNode(
  { name, api }: ShipTarget,
  { images, auth, signal, onNode }: Omit<PullRequest, 'targets'>,
): Promise<NodeDelivery> {
  const startedAt = performance.now();
  const { lacks } = await readNodeImages(name, api, { wanted: images, signal });
  let earlierBytes = 0;
  for (const image of images.filter((wanted) => lacks.includes(wanted.name))) {
    let reportedAt = 0;
    const pulledBytes = await pullImage(api, image.name, { auth, signal }, (bytes) => {
      if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) return;
      reportedAt = performance.now();
      onNode?.(name, { type: 'sending', sentBytes: earlierBytes + bytes, reusedBytes: 0 });
    });
    earlierBytes += pulledBytes;
    await assertArrived(api, image, signal);
  }
  const reusedBytes = lacks.length === 0 ? images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) : undefined;
  const durationMs = Math.round(performance.now() - startedAt);
  return { name, images: lacks, sentBytes: earlierBytes, reusedBytes, durationMs };
}

interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

/** @returns bytes that came, as the registry keeps them: compressed */
async function pullImage(
  api: EngineApi,
  image: string,
  { auth, signal }: Pick<PullRequest, 'auth' | 'signal'>,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const { repository, tag } = splitTag(image);
  const response = await api.open('POST', '/images/create', {
    query: { fromImage: repository, tag },
    ...(auth === undefined ? {} : { headers: { 'X-Registry-Auth': auth } }),
    timeoutMs: 0,
    signal,
  });
  const downloaded = new Map<string, number>();
  const sum = (): number => [...downloaded.values()].reduce((total, bytes) => total + bytes, 0);
  for await (const { id = '', status, progressDetail, error } of readMessages(response)) {
    if (error !== undefined) throw new EngineError(error, 500);
    if (status !== 'Downloading') continue;
    downloaded.set(id, progressDetail?.current ?? 0);
    onBytes(sum());
  }
  return sum();
}

/** One JSON object per line. */
async function* readMessages(stream: AsyncIterable<Uint8Array>): AsyncGenerator<PullMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as PullMessage;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as PullMessage;
}
