import { setTimeout as sleep } from 'node:timers/promises';

import { EngineError, NotFoundError } from '../../errors.ts';
import type { EngineApi } from './engine-api.ts';

const POLL_MS = 20;
const RELEASE_TIMEOUT_MS = 10_000;

/** A container that is just being removed still holds its volumes for a moment. */
export async function deleteVolume(api: EngineApi, name: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    try {
      await api.delete(`/volumes/${name}`);
      return;
    } catch (error) {
      if (error instanceof NotFoundError) return;
      const isInUse = error instanceof EngineError && error.statusCode === 409;
      if (!isInUse || Date.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}
