import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { UsageError } from '../../errors.ts';
import type { TlsFiles } from '../../machines/machine.ts';
import type { TlsMaterial } from './endpoint.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The three files by the names that docker and docker-machine give them. */
export function tlsFilesIn(folder: string): TlsFiles {
  return { ca: path.join(folder, 'ca.pem'), cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
}

/** Folder of docker-machine's machines and certificates. Source: docker/machine `commands/mcndirs/utils.go`. */
export function machineStore(env: Environment): string {
  return env['MACHINE_STORAGE_PATH'] || path.join(env['HOME'] || homedir(), '.docker', 'machine');
}

/** Where this operator's client certificates may be, in the order in which they are taken. */
export function tlsFolders(env: Environment): readonly string[] {
  return [...(env['DOCKER_CERT_PATH'] ? [env['DOCKER_CERT_PATH']] : []), path.join(machineStore(env), 'certs')];
}

/** The first folder that holds all three; undefined if none does. */
export function findTlsFiles(env: Environment): TlsFiles | undefined {
  return tlsFolders(env)
    .map(tlsFilesIn)
    .find((files) => Object.values(files).every((file: string) => existsSync(file)));
}

/**
 * The texts of these files; the server's certificate is checked.
 *
 * @param field what the message names: `DOCKER_CERT_PATH`
 * @throws UsageError naming the first file that cannot be read
 */
export async function readTlsFiles({ ca, cert, key }: TlsFiles, field: string): Promise<TlsMaterial> {
  const read = async (file: string): Promise<string> =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const seen = error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? error.message);
      throw new UsageError(`${field}: cannot read ${file}: ${seen}`, { cause: error });
    });
  // One after the other: of several that are missing the same one is named every time.
  return { ca: await read(ca), cert: await read(cert), key: await read(key), verify: true };
}
