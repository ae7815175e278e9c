import { readFile } from 'node:fs/promises';

import { CommandError, ConfigError, UsageError } from '../../errors.ts';
import type { ComposeDocument } from '../../stack/compose-document.ts';
import type { Shell } from '../shell/shell.ts';

/**
 * A compose file, checked, with its variables filled in by Docker itself (`docker stack config`).
 *
 * @throws ConfigError with line and column for a file that is not YAML, and with Docker's words for one it refuses
 */
export async function readComposeFile(
  file: string,
  shell: Shell,
  env: Readonly<Record<string, string>>,
): Promise<ComposeDocument> {
  const { LineCounter, parse, parseDocument } = await import('./yaml.ts');
  const lines = new LineCounter();
  const document = parseDocument(await readText(file), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `line ${line}, column ${col}: ${error.message}`;
      }),
    );
  }
  try {
    const { stdout } = await shell.run(['docker', 'stack', 'config', '-c', file], { env });
    return parse(stdout) as ComposeDocument;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigError(file, [error.stderr.trim()], { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`Cannot read the compose file ${file}: ${(error as Error).message}`, { cause: error });
  }
}
