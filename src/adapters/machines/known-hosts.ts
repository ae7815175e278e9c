import { createHmac, randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { CommandError, UnreachableError } from '../../errors.ts';
import { parseKnownHostLines, type KnownHost } from '../../machines/host-keys.ts';
import type { HostAddress } from '../../machines/machine.ts';
import { exists } from '../files/system-files.ts';
import { LocalShell } from '../shell/local-shell.ts';
import { formatAddress } from '../ssh/ssh-address.ts';
import { destinationArgv } from '../ssh/ssh-argv.ts';

/**
 * What ssh knows of a host's keys, in the files that ssh itself says it reads (`ssh -G`). Dials nobody.
 *
 * @throws UnreachableError if there is no ssh here
 */
export async function readKnownHost(address: HostAddress, signal: AbortSignal): Promise<KnownHost> {
  signal.throwIfAborted();
  const shell = new LocalShell();
  const settings = await shell.run(['ssh', '-G', ...destinationArgv(address)]).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    throw new UnreachableError(`Cannot ask ssh about ${formatAddress(address)}: ${error.stderr.trim()}`, {
      hint: 'ssh -V shows whether there is one; correct ~/.ssh/config',
      cause: error,
    });
  });
  const value = (key: string): string | undefined => new RegExp(`^${key} (.*)$`, 'm').exec(settings.stdout)?.[1];
  const files = (key: string): readonly string[] =>
    (value(key) ?? '').split(' ').filter((file) => file.startsWith('/') && file !== '/dev/null');
  const hostName = value('hostname') ?? address.host;
  const name = value('hostkeyalias') ?? knownHostsName(hostName, Number(value('port') ?? 22));
  const own = files('userknownhostsfile');
  const found = await Promise.all(
    [...own, ...files('globalknownhostsfile')].map(async (file) => findLines(shell, name, file)),
  );
  return {
    name,
    hostName,
    ...parseKnownHostLines(found.join('\n')),
    file: own[0],
    isHashed: value('hashknownhosts') === 'yes',
  };
}

/** Source: openssh-portable `misc.c`, put_host_port. */
function knownHostsName(hostName: string, port: number): string {
  return (port === 22 ? hostName : `[${hostName}]:${port}`).toLowerCase();
}

async function findLines(shell: LocalShell, name: string, file: string): Promise<string> {
  if (!(await exists(file))) return '';
  try {
    return (await shell.run(['ssh-keygen', '-F', name, '-f', file])).stdout;
  } catch (error) {
    // It is not there.
    if (error instanceof CommandError && error.exitStatus !== undefined) return '';
    throw error;
  }
}

/** Adds keys to the user's own file, below what is there. */
export async function addHostKeys(known: KnownHost, keys: readonly string[]): Promise<void> {
  const { file } = known;
  if (file === undefined || keys.length === 0) return;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const present = await readFile(file, 'utf8').catch(() => '');
  const before = present === '' || present.endsWith('\n') ? '' : '\n';
  const lines = keys.map((key) => `${known.isHashed ? hashName(known.name) : known.name} ${key}\n`);
  await appendFile(file, `${before}${lines.join('')}`, { mode: 0o600 });
}

/** Source: openssh-portable `hostfile.c`, host_hash. */
function hashName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
