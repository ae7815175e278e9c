import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { ToolkitError, UsageError } from '../../errors.ts';
import { handOverHosts, parseHandOver, type HandOver } from '../../machines/hand-over.ts';
import { documentFormat, textForm } from '../../machines/inventory-format.ts';
import { parseAnsibleIni } from '../../machines/inventory-ini.ts';
import { parsePlainList } from '../../machines/inventory-plain.ts';
import { parseTerraformOutput } from '../../machines/inventory-terraform.ts';
import { parseAnsibleYaml } from '../../machines/inventory-yaml.ts';
import {
  inventoryError,
  type Inventory,
  type InventoryFormat,
  type InventoryProblem,
  type ParsedHosts,
} from '../../machines/inventory.ts';

/** The inventory of thousands of machines; a disk image is none. */
const MAX_BYTES = 8 * 1024 ** 2;

export interface InventoryChoice {
  /** Folder that a relative path means. */
  readonly cwd: string;
  /** Groups of an Ansible inventory, or outputs of Terraform, to which it is limited; none means all. */
  readonly groups?: readonly string[];
}

/**
 * Reads a file that names machines, in any of the forms of {@link InventoryFormat}, which is seen in its content.
 *
 * @throws ConfigError with every problem, each with its line or key; UsageError if it cannot be read
 */
export async function readInventory(file: string, { cwd, groups = [] }: InventoryChoice): Promise<Inventory> {
  const text = await readText(path.resolve(cwd, file), file);
  const form = textForm(text);
  if (form === 'encrypted') {
    throw inventoryError(file, [{ message: 'it is encrypted by ansible-vault; expected plain text' }]);
  }
  if (form === 'ini') return inventory(file, 'ansible-ini', parseAnsibleIni(text, groups));
  if (groups.length > 0 && form === 'plain') throw noGroups(file);
  if (form === 'plain') return inventory(file, 'plain', parsePlainList(text));
  const value = await parseYaml(text, file);
  const format = documentFormat(value);
  if (format === 'hand-over') {
    if (groups.length > 0) throw noGroups(file);
    return readHandOver(file, value);
  }
  const parsed =
    format === 'terraform'
      ? parseTerraformOutput(value as Readonly<Record<string, unknown>>, groups)
      : parseAnsibleYaml(value, groups);
  return inventory(file, format, parsed);
}

async function readText(file: string, shown: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const seen = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'that is a folder' : message;
    throw new UsageError(`Cannot read ${shown}: ${seen}`, { cause: error });
  });
  if (bytes.length > MAX_BYTES || bytes.includes(0)) {
    throw new UsageError(`Cannot read ${shown}: it is no text of machines`);
  }
  return bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n');
}

function noGroups(file: string): UsageError {
  return new UsageError(`--group: ${file} has no groups; expected an Ansible inventory, or outputs of Terraform`);
}

async function parseYaml(text: string, shown: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('../files/yaml.ts');
  const lines = new LineCounter();
  // Without the level, the library would warn on standard error of tags like !vault.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error' });
  if (document.errors.length > 0) {
    throw inventoryError(
      shown,
      document.errors.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, message })),
    );
  }
  try {
    return document.toJS() as unknown;
  } catch (error) {
    // An alias of nothing, or too many of them.
    throw inventoryError(shown, [{ message: (error as Error).message }]);
  }
}

function inventory(shown: string, format: InventoryFormat, { hosts, problems, notes }: ParsedHosts): Inventory {
  if (problems.length > 0) throw inventoryError(shown, problems);
  return { format, hosts, handOver: undefined, notes };
}

function readHandOver(shown: string, value: unknown): Inventory {
  const parsed = parseHandOver(value);
  if (Array.isArray(parsed)) throw inventoryError(shown, parsed as readonly InventoryProblem[]);
  const handOver = parsed as HandOver;
  try {
    return { format: 'hand-over', hosts: handOverHosts(handOver), handOver, notes: [] };
  } catch (error) {
    if (error instanceof ToolkitError) throw inventoryError(shown, [{ message: error.message }]);
    throw error;
  }
}
