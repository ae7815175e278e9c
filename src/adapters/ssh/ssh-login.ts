import type { ChildProcess } from 'node:child_process';

/** One login that several wait for. */
export class Opening {
  isOver = false;
  #waiting = 0;
  readonly #controller = new AbortController();
  readonly #work: Promise<void>;

  constructor(work: (ended: AbortSignal) => Promise<void>) {
    this.#work = work(this.#controller.signal).finally(() => (this.isOver = true));
    this.#work.catch(() => {});
  }

  get isAbandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  async wait(signal: AbortSignal | undefined): Promise<void> {
    this.#waiting += 1;
    let stop = (): void => {};
    try {
      await Promise.race([
        this.#work,
        new Promise<never>((_, reject) => {
          stop = () => reject(signal?.reason as Error);
          signal?.addEventListener('abort', stop, { once: true });
        }),
      ]);
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.isOver) this.#controller.abort();
    }
  }
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Both outputs and the status. Of one that ends well or was killed the pipes are not waited for: its master has them too, older
 * versions for a minute, and as long as the program on the other side runs.
 */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  for (const pipe of ['stdout', 'stderr'] as const) {
    child[pipe]?.setEncoding('utf8').on('data', (text: string) => (texts[pipe] += text));
  }
  return new Promise((resolve) => {
    child.once('exit', (status) => {
      if (status !== 0 && status !== null) return;
      closePipes(child);
      resolve({ status, ...texts });
    });
    child.once('close', (status: number | null) => resolve({ status, ...texts }));
  });
}

/** Nothing of a child that was ended is waited for. */
export function closePipes(child: ChildProcess): void {
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
}
