import type { EngineApi } from './engine-api.ts';

/** Over ssh there is a login before the answer. */
const SSH_ANSWER_LIMIT_MS = 10_000;

/** How long an engine may take to answer its first question. @param limitMs of one that is reached without a login */
export function answerLimitMs({ endpoint }: EngineApi, limitMs: number): number {
  return endpoint.kind === 'ssh' ? SSH_ANSWER_LIMIT_MS : limitMs;
}
