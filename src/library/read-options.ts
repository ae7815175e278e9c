import type { Writable } from 'node:stream';

import { closestKey } from '../config/closest-key.ts';
import { UsageError } from '../errors.ts';

/** Checks one value, which may be anything in a script without types. Throws UsageError naming the field. */
type Reader<T> = (value: unknown, field: string) => T;

/** What a table of readers makes of options; what was not given, or is `undefined`, is left out. */
export type Read<R> = { readonly [K in keyof R]?: R[K] extends Reader<infer T> ? T : never };

/**
 * Checks options by a table of readers. An option that nobody knows is refused: in a script without types a misspelt
 * `workers` would silently count for nothing.
 *
 * @throws UsageError
 */
export function readOptions<R extends Readonly<Record<string, Reader<unknown>>>>(given: unknown, readers: R): Read<R> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new UsageError(`Options: got ${show(given)}; expected an object, like { name: 'spark' }`);
  }
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (!reader) throw unknownOption(key, Object.keys(readers));
    if (value !== undefined) read[key] = reader(value, key);
  }
  return read as Read<R>;
}

function unknownOption(key: string, known: readonly string[]): UsageError {
  const meant = closestKey(key, known);
  const advice = meant === undefined ? `; expected ${known.join(', ')}` : `; did you mean "${meant}"?`;
  return new UsageError(`${key}: there is no such option${advice}`);
}

/** @param expected completes "expected …" in the message */
export function wrongValue(field: string, value: unknown, expected: string): UsageError {
  return new UsageError(`${field}: got ${show(value)}; expected ${expected}`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** A text or a number, in the form that the flag of the same name takes. */
export function parsed<T>(parse: (text: string, field: string) => T): Reader<T> {
  return (value, field) => {
    if (typeof value === 'string' || typeof value === 'number') return parse(String(value), field);
    throw wrongValue(field, value, 'a text or a number');
  };
}

/** A text that is not empty. */
export function text(expected: string): Reader<string> {
  return (value, field) => {
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
    throw wrongValue(field, value, expected);
  };
}

/** One of a few words. */
export function choice<T extends string>(choices: readonly T[]): Reader<T> {
  return (value, field) => {
    const found = choices.find((word) => word === value);
    if (found !== undefined) return found;
    throw wrongValue(field, value, choices.join(' or '));
  };
}

export function trueOrFalse(value: unknown, field: string): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongValue(field, value, 'true or false');
}

/** How long something may take, in milliseconds. */
export function milliseconds(value: unknown, field: string): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw wrongValue(field, value, 'a number of milliseconds, like 60_000');
}

export function list<T>(expected: string, one: Reader<T>): Reader<readonly T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw wrongValue(field, value, expected);
    return value.map((entry: unknown, index) => one(entry, `${field}[${index}]`));
  };
}

/** Names and values, of which `undefined` counts as not there. */
export function map<T>(
  expected: string,
  one: (name: string, value: unknown, field: string) => T,
): Reader<readonly T[]> {
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongValue(field, value, expected);
    return Object.entries(value).flatMap(([name, entry]) =>
      entry === undefined ? [] : [one(name, entry, `${field}.${name}`)],
    );
  };
}

/** Names and texts. */
export function texts(expected: string): Reader<Readonly<Record<string, string>>> {
  const read = map(expected, (name, value, field): readonly [string, string] => {
    if (typeof value === 'string') return [name, value];
    throw wrongValue(field, value, 'a text');
  });
  return (value, field) => Object.fromEntries(read(value, field));
}

/** What it takes and gives is for its caller to know. */
export function anyFunction(value: unknown, field: string): (...args: never[]) => unknown {
  if (typeof value === 'function') return value as (...args: never[]) => unknown;
  throw wrongValue(field, value, 'a function');
}

export function anySignal(value: unknown, field: string): AbortSignal {
  if (value instanceof AbortSignal) return value;
  throw wrongValue(field, value, 'an AbortSignal');
}

export function anyWritable(value: unknown, field: string): Writable {
  if (typeof value === 'object' && value !== null && 'write' in value) return value as Writable;
  throw wrongValue(field, value, 'a stream to write to');
}
