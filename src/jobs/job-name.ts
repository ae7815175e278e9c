import { UsageError } from '../errors.ts';

const SHAPE = /^[a-zA-Z0-9][a-zA-Z0-9\-_.]*$/;
const MAX_LENGTH = 50;

/**
 * The name of a job, and of a data source: part of a folder's name.
 *
 * @throws UsageError naming the field and the text
 */
export function parseJobName(text: string, field = '--job-name'): string {
  if (SHAPE.test(text) && text.length <= MAX_LENGTH) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected 1 to ${MAX_LENGTH} of a-z, A-Z, 0-9, "-", "_" and ".", starting with a letter or a digit`,
  );
}

/** A name for a job that was given none: its application's, without folder and suffix, as far as a name may have it. */
export function nameAfter(application: string): string {
  const base = application.slice(application.lastIndexOf('/') + 1).replace(/\.[A-Za-z0-9]{1,5}$/, '');
  const name = base
    .replaceAll(/[^a-zA-Z0-9\-_.]+/g, '-')
    .replace(/^[^a-zA-Z0-9]+/, '')
    .slice(0, MAX_LENGTH);
  return name === '' ? 'job' : name;
}
