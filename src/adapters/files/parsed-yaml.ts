import type { ParsedFile } from '../../config/check-settings.ts';
import type { Place, Problem } from '../../config/problem.ts';
import { isMap, isScalar, LineCounter, parseDocument } from './yaml.ts';

/**
 * A text of YAML, or of JSON, with the place of everything in it.
 *
 * @returns `file` is `undefined` where the syntax is so wrong that all else would follow from it
 */
export function parseYaml(text: string): {
  readonly file: ParsedFile | undefined;
  readonly faults: readonly Problem[];
} {
  const lines = new LineCounter();
  const placeAt = (offset: number | undefined): Place => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line, column: col };
  };
  // Without the level, the library would warn on standard error of keys that are maps.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error' });
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    ...placeAt(pos[0]),
    message: code === 'DUPLICATE_KEY' ? `duplicate key ${JSON.stringify(wordAt(text, pos[0]))}` : message,
  }));
  // What follows from a fault of the syntax is no problem of its own.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { file: undefined, faults };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias of nothing, or too many of them.
    return { file: undefined, faults: [...faults, { line: 1, column: 1, message: (error as Error).message }] };
  }
  const file: ParsedFile = {
    value,
    placeOf: (at) => placeAt(rangeOf(document.getIn(at, true)) ?? rangeOf(document.getIn(at.slice(0, -1), true))),
    placeOfKey: (at) => {
      const map = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
      const pair = isMap(map)
        ? map.items.find(({ key }) => isScalar(key) && String(key.value) === at.at(-1))
        : undefined;
      return placeAt(rangeOf(pair?.key));
    },
    textOf: (at) => {
      const found = at.reduce<unknown>((inner, part) => (inner as Readonly<Record<string, unknown>>)[part], value);
      if (typeof found === 'string') return found;
      if (typeof found !== 'number' && typeof found !== 'boolean') return undefined;
      const node = document.getIn(at, true);
      return isScalar(node) && node.source !== undefined ? node.source : String(found);
    },
  };
  return { file, faults };
}

function rangeOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | undefined | null)?.range?.[0];
}

/** The key that begins here. */
function wordAt(text: string, offset: number): string {
  return /^["']?([^\s:"']+)/.exec(text.slice(offset))?.[1] ?? '';
}
