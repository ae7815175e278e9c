import type { InventoryFormat } from './inventory.ts';

/** How a text is to be read first; what a JSON or YAML document means is seen in it. */
export type TextForm = 'encrypted' | 'document' | 'ini' | 'plain';

const INI_SECTION = /^\[[A-Za-z_][\w.-]*(?::(?:children|vars|hosts))?\]\s*(?:[#;].*)?$/;
const INI_HOST = /^[^\s=#;]+\s+[A-Za-z_]\w*=/;
const YAML_KEY = /^(?:---|"[^"]*"|'[^']*'|[A-Za-z_][\w.-]*:(?:\s|$))/;

/**
 * JSON and YAML documents begin with `{`, `---` or a key; an INI inventory has a section or a host with variables; a plain
 * list has hosts and comments.
 */
export function textForm(text: string): TextForm {
  if (text.startsWith('$ANSIBLE_VAULT')) return 'encrypted';
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line));
  const [first = ''] = lines;
  if (first.startsWith('{') || YAML_KEY.test(first)) return 'document';
  return lines.some((line) => INI_SECTION.test(line) || INI_HOST.test(line)) ? 'ini' : 'plain';
}

/** What a JSON or YAML document is. */
export function documentFormat(value: unknown): InventoryFormat {
  if (!isRecord(value)) return 'ansible-yaml';
  if ('kind' in value && 'schemaVersion' in value) return 'hand-over';
  const outputs = Object.values(value);
  const isOutput = (output: unknown): boolean =>
    isRecord(output) && 'value' in output && ('sensitive' in output || 'type' in output);
  return outputs.length > 0 && outputs.every(isOutput) ? 'terraform' : 'ansible-yaml';
}

/** An object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
