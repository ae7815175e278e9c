import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { takeLock } from '../locks/file-lock.ts';

/**
 * Whose `create` has begun and not ended: an entry that a broken run left looks like any other, and one that is whole must
 * never be taken for it.
 *
 * A folder in docker-machine's store. A file of a machine's name is the mark; `NAME.lock` is there while a command is at
 * work on it. No machine's name has a dot.
 */
export class BegunCreates {
  readonly #folder: string;

  constructor(store: string) {
    this.#folder = path.join(store, 'spark-swarm-begun');
  }

  async list(): Promise<ReadonlySet<string>> {
    const files = await readdir(this.#folder).catch(() => []);
    return new Set(files.filter((file) => !file.includes('.')));
  }

  async has(name: string): Promise<boolean> {
    return (await this.list()).has(name);
  }

  async begin(name: string): Promise<void> {
    await writeFile(path.join(this.#folder, name), '');
  }

  async end(name: string): Promise<void> {
    await rm(path.join(this.#folder, name), { force: true });
  }

  /**
   * @param beginning what the message begins with
   * @throws ConflictError while another command is at work on it
   */
  async lock(name: string, beginning = ''): Promise<AsyncDisposable> {
    await mkdir(this.#folder, { recursive: true });
    return takeLock(path.join(this.#folder, `${name}.lock`), beginning);
  }
}
