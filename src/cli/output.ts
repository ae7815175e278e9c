import type { CliContext } from './context.ts';
import type { OutputFormat } from './options.ts';
import { printable } from './printable.ts';

/** Raised when a field of a result changes its name or meaning; new fields do not raise it. */
export const SCHEMA_VERSION = 1;

/**
 * Writes a command's result to standard output.
 *
 * Shape: JSON with 2 spaces or YAML, each with `schemaVersion` first; else the text that `renderTable` gives.
 */
export async function writeResult(
  cli: CliContext,
  format: OutputFormat,
  value: object,
  renderTable: () => string | Promise<string>,
): Promise<void> {
  cli.stdout.write(withNewline(await render(format, { schemaVersion: SCHEMA_VERSION, ...value }, renderTable)));
}

async function render(
  format: OutputFormat,
  value: object,
  renderTable: () => string | Promise<string>,
): Promise<string> {
  switch (format) {
    case 'json':
      return JSON.stringify(value, undefined, 2);
    case 'yaml': {
      const { stringify } = await import('../adapters/files/yaml.ts');
      return stringify(value);
    }
    case 'table':
      return renderTable();
    default:
      return format satisfies never;
  }
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** A table without borders, the way docker prints one: capitals on top, three blanks between columns. */
export async function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const none = Object.fromEntries(BORDERS.map((border) => [border, '']));
  const table = new Table({
    head: head.map((title) => title.toUpperCase()),
    chars: { ...none, middle: '   ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => row.map(printable)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'.split(
    ' ',
  );
