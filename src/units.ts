import { UsageError } from './errors.ts';

export const BYTES_PER_MIB = 1024 ** 2;
export const NANO_CPUS_PER_CORE = 1e9;

const BYTES_PER_UNIT = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const;

/**
 * Bytes in a size as Spark and Docker write it: `512m`, `2g`, `1792M`.
 *
 * Shape: digits and one unit letter k, m, g, t (a `b` may follow), either case; binary (1 g = 1024³).
 * A bare number is refused: Docker reads it as bytes, Spark as MiB for some settings. So are fractions and spaces.
 * Source: `docker run --memory`; Spark `SPARK_WORKER_MEMORY` ("1000m, 2g"), docs/spark-standalone.md.
 *
 * @param field how the message names the value: `--worker-memory`
 * @returns bytes, a safe integer
 * @throws UsageError if the text is not such a size
 */
export function parseSize(text: string, field: string): number {
  const match = /^([1-9][0-9]{0,15})([kmgt])b?$/i.exec(text);
  const bytes = match
    ? Number(match[1]) * BYTES_PER_UNIT[(match[2] ?? 'k').toLowerCase() as keyof typeof BYTES_PER_UNIT]
    : NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  if (match) throw new UsageError(`${field}: got ${JSON.stringify(text)}; no machine has that much`);
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected a whole number and a unit, like 512m or 2g${sizeAdvice(text)}`,
  );
}

function sizeAdvice(text: string): string {
  if (/^[0-9]+$/.test(text) && text !== '0') return ` (did you mean ${text}m?)`;
  const fraction = /^([0-9]*)[.,]([0-9]+)g$/i.exec(text);
  if (!fraction) return '';
  return ` (did you mean ${Math.round(Number(`${fraction[1] || 0}.${fraction[2]}`) * 1024)}m?)`;
}

/** A size the way Spark and Docker read it back: the largest unit that leaves no fraction (`2g`, `1792m`). */
export function formatSize(bytes: number): string {
  if (bytes !== 0 && bytes % BYTES_PER_UNIT.g === 0) return `${bytes / BYTES_PER_UNIT.g}g`;
  return `${Math.floor(bytes / BYTES_PER_UNIT.m)}m`;
}

/**
 * A whole number in digits only: no sign, no blanks, no exponent, no leading zero.
 *
 * @param range both ends belong to it
 * @throws UsageError naming the field, the text and the range
 */
export function parseCount(text: string, field: string, range: { readonly min: number; readonly max: number }): number {
  const value = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected a whole number from ${range.min} to ${range.max}`,
  );
}

/**
 * Cores of a container limit: a decimal number such as `2` or `0.5`.
 *
 * Range: 0.1 to 1024, at most three decimals. Source: Docker's smallest limit is 0.001 cores; below 0.1 a JVM does not
 * start in a time anyone waits.
 *
 * @throws UsageError naming the field and the text
 */
export function parseCores(text: string, field: string): number {
  const value = /^[0-9]{1,4}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : NaN;
  if (value >= 0.1 && value <= 1024) return value;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected a number of cores from 0.1 to 1024, like 2 or 0.5`,
  );
}

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds in a duration: `500ms`, `30s`, `5m`, `1h`. The unit is required.
 *
 * @throws UsageError naming the field and the text
 */
export function parseDuration(text: string, field: string, { hasZero = false } = {}): number {
  const match = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/.exec(text);
  if (match && (hasZero || match[1] !== '0'))
    return Number(match[1]) * MS_PER_UNIT[match[2] as keyof typeof MS_PER_UNIT];
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected a number and a unit, like 30s, 5m or 1h`);
}

/** A time span for people: `340 ms`, `4.2 s`, `3 min 20 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** An amount of data for people, in decimal units as `docker images` prints them: `853 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return bytes < 1000 ? `${bytes} B` : `${Math.ceil(bytes / 1e3)} kB`;
}

/**
 * Bytes in a size as Spark writes it with a unit: `512m`, `2g`, `2gb`.
 *
 * @returns `undefined` for anything else: Spark decides then
 */
export function parseSparkSize(text: string): number | undefined {
  const match = /^([0-9]+)([kmgt])b?$/i.exec(text);
  return match ? Number(match[1]) * 1024 ** ('kmgt'.indexOf((match[2] ?? 'k').toLowerCase()) + 1) : undefined;
}
