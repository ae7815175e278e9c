import { readFile } from 'node:fs/promises';

import { CommandError, ConfigError, InvalidStateError, UsageError } from '../../errors.ts';
import type { ComposeDocument } from '../../compose/compose-document.ts';
import { normalizeDocument } from '../../compose/normalize-document.ts';
import type { Shell } from '../shell/shell.ts';

/**
 * A compose file, checked, with its variables filled in by Docker itself (`docker stack config`).
 *
 * A docker command line before 23 has no `stack config`: then the file is taken as it is, and Docker fills in the
 * variables when it gets the stack.
 *
 * @throws ConfigError with line and column for a file that is not YAML, and with Docker's words for one it refuses
 */
export async function readComposeFile(
  file: string,
  shell: Shell,
  env: Readonly<Record<string, string>>,
): Promise<ComposeDocument> {
  const { parse } = await import('./yaml.ts');
  const document = await parseComposeFile(file);
  try {
    const { stdout } = await shell.run(['docker', 'stack', 'config', '-c', file], { env });
    return escapeVariables(parse(stdout)) as ComposeDocument;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.exitStatus === COMMAND_NOT_FOUND) throw noDocker(error);
    if (isOldCommandLine(error)) return normalizeDocument(document);
    throw new ConfigError(file, [error.stderr.trim()], { cause: error });
  }
}

/**
 * What can be told of a compose file without Docker, whose own messages name neither line nor column for most mistakes.
 *
 * @throws UsageError if it cannot be read; ConfigError with line and column if it is not YAML
 */
export async function parseComposeFile(file: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('./yaml.ts');
  const lines = new LineCounter();
  const document = parseDocument(await readText(file), { lineCounter: lines, prettyErrors: false, merge: true });
  if (document.errors.length === 0) return document.toJS();
  throw new ConfigError(
    file,
    document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return `line ${line}, column ${col}: ${error.message}`;
    }),
  );
}

/** Met on 20.10.24: `unknown shorthand flag: 'c' in -c`, with the usage of `docker stack`. */
function isOldCommandLine({ stderr }: CommandError): boolean {
  return /unknown shorthand flag: 'c'/.test(stderr) && /Usage:\s+docker stack /.test(stderr);
}

/** `docker stack deploy` will read the document once more: what is a `$` now must still be one then. */
function escapeVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escapeVariables);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeVariables(inner)]));
}

/** What a shell says of a program that is not there. */
const COMMAND_NOT_FOUND = 127;

function noDocker(cause: CommandError): InvalidStateError {
  return new InvalidStateError('Cannot run "docker": there is no such program on the PATH', {
    cause,
    hint: 'install the docker command line (Debian 13: apt-get install docker-cli)',
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const seen = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new UsageError(`Cannot read the compose file ${file}: ${seen}`, { cause: error });
  }
}
