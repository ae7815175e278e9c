import { createHash } from 'node:crypto';

import { UsageError } from '../errors.ts';

const RANDOM = /%RANDSTR\((-?[0-9]+)\)%/g;
const MAX_LETTERS = 1024;
/** Bytes from here on would make the first letters more frequent. */
const FAIR_BYTES = 26 * Math.floor(256 / 26);

/**
 * Refuses what `fillPlaceholders` could not fill. Messages of the older engine.
 *
 * @throws UsageError
 */
export function checkPlaceholders(url: string): void {
  const lengths = [...url.matchAll(RANDOM)].map(([, length]) => Number(length));
  if (lengths.some((length) => length <= 0)) throw new UsageError('Requested RANDSTR length must be positive.');
  if (lengths.reduce((sum, length) => sum + length, 0) >= MAX_LETTERS)
    throw new UsageError(`Requested RANDSTR length is too long, please choose a value less than ${MAX_LETTERS}.`);
}

/**
 * Fills `%JOB_EXEC_ID%`, and `%RANDSTR(n)%` with n lower-case letters. The letters follow from the job's id, which is random
 * itself: who asks again for a job with the same id asks for the same job.
 *
 * @throws UsageError as `checkPlaceholders`
 */
export function fillPlaceholders(url: string, jobId: string): string {
  checkPlaceholders(url);
  let place = 0;
  return url
    .replaceAll('%JOB_EXEC_ID%', jobId)
    .replaceAll(RANDOM, (_, length: string) => letters(`${jobId} ${place++} ${url}`, Number(length)));
}

function letters(seed: string, length: number): string {
  let text = '';
  for (let round = 0; text.length < length; round++)
    for (const byte of createHash('sha256').update(`${round} ${seed}`).digest())
      if (byte < FAIR_BYTES) text += String.fromCodePoint(97 + (byte % 26));
  return text.slice(0, length);
}
