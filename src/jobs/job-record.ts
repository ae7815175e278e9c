import type { JobSpec } from './job.ts';

/** The name of a job's folder. */
export function recordName({ name, id }: Pick<JobSpec, 'name' | 'id'>): string {
  return `${name}-${id}`;
}

/** The content of `spec.json`: one line, so that it is read as others of the record's files are. */
export function specLine(spec: JobSpec): string {
  return `${JSON.stringify(spec)}\n`;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** @returns `undefined` for one that is damaged, cut off, or of another version */
export function parseSpecLine(text: string): JobSpec | undefined {
  try {
    const spec = JSON.parse(text) as Partial<JobSpec> | null;
    const isWhole =
      spec?.schemaVersion === 1 &&
      [spec.id, spec.name, spec.type, spec.cluster, spec.driver, spec.hash].every((part) => typeof part === 'string') &&
      [spec.argv, spec.environment, spec.files].every(isTexts);
    return isWhole ? (spec as JobSpec) : undefined;
  } catch {
    return undefined;
  }
}
