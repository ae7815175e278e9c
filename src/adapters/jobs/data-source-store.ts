import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';

import { ConflictError, NotFoundError } from '../../errors.ts';
import { closestKey } from '../../config/closest-key.ts';
import { hidePassword, type DataSource } from '../../jobs/data-source.ts';

/**
 * The data sources of this user: `$XDG_CONFIG_HOME/spark-swarm/data-sources/NAME` (else `~/.config`), each with its URL. They are
 * nobody else's to read (0600 in a folder 0700), because a URL may hold a password; for the same reason they are not in the project
 * file, which is meant to be shared. A file for each: two commands at once cannot lose one another's.
 */
export class DataSourceStore {
  readonly #folder: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    const home = env['XDG_CONFIG_HOME'] || path.join(env['HOME'] || homedir(), '.config');
    this.#folder = path.join(home, 'spark-swarm', 'data-sources');
  }

  /** All of them, by name. */
  async read(): Promise<readonly DataSource[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    });
    const sources = await Promise.all(
      names.filter((name) => !name.startsWith('.')).map(async (name) => ({ name, url: await this.#read(name) })),
    );
    return sources
      .flatMap(({ name, url }) => (url === undefined ? [] : [{ name, url }]))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @returns false if it is there already, and the same. @throws ConflictError if it is another URL */
  async add({ name, url }: DataSource): Promise<boolean> {
    const known = await this.#read(name);
    if (known === url) return false;
    if (known !== undefined)
      throw new ConflictError(`The data source "${name}" is there already, with another URL: ${hidePassword(known)}`, {
        hint: `spark-swarm job data-source remove ${name}`,
      });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await chmod(this.#folder, 0o700);
    // Renamed into its place: nobody ever reads half of it.
    const draft = path.join(this.#folder, `.${randomUUID()}`);
    try {
      await writeFile(draft, `${url}\n`, { mode: 0o600, flag: 'wx' });
      await rename(draft, path.join(this.#folder, name));
    } finally {
      await rm(draft, { force: true });
    }
    return true;
  }

  /** @throws NotFoundError */
  async remove(name: string): Promise<void> {
    if ((await this.#read(name)) !== undefined) return rm(path.join(this.#folder, name), { force: true });
    const meant = closestKey(
      name,
      (await this.read()).map((source) => source.name),
    );
    throw new NotFoundError(
      `No data source named "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      { hint: 'spark-swarm job data-source list' },
    );
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return (await readFile(path.join(this.#folder, name), 'utf8')).trim();
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
}
