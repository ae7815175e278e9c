import type { ListrTask, ListrTaskWrapper } from 'listr2';

type Wrapper = ListrTaskWrapper<unknown, never, never>;

/** One line of the live list. Its events may come before listr2 has started it, so it remembers what to show. */
export class LiveStep {
  readonly #title: string;
  readonly #ended: Promise<void>;
  #detail: string | undefined;
  #isSkipped = false;
  readonly #said: string[] = [];
  #wrapper: Wrapper | undefined;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(title: string) {
    this.#title = title;
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // The list may never come to this step: then nobody waits for it, and a rejection is no accident.
    this.#ended.catch(() => {});
  }

  asTask(): ListrTask {
    return {
      title: this.#title,
      rendererOptions: { persistentOutput: true, outputBar: Infinity },
      task: async (_context, wrapper) => {
        this.#wrapper = wrapper as unknown as Wrapper;
        for (const message of this.#said) this.#wrapper.output = message;
        this.#draw();
        await this.#ended;
        if (this.#isSkipped) this.#wrapper.skip(this.#text());
      },
    };
  }

  /** Shows the detail behind the title, in place of the one before. */
  show(detail: string): void {
    this.#detail = detail;
    this.#draw();
  }

  /** Adds a line under the step. */
  say(message: string): void {
    this.#said.push(message);
    if (this.#wrapper) this.#wrapper.output = message;
  }

  done(detail: string): void {
    this.show(detail);
    this.#resolve();
  }

  skip(detail: string): void {
    this.#isSkipped = true;
    this.show(detail);
    this.#resolve();
  }

  /** Without a detail the last one stays. A step that has ended stays as it is. */
  fail(detail: string | undefined): void {
    if (detail !== undefined) this.show(detail);
    this.#reject(new Error('failed'));
  }

  #draw(): void {
    if (this.#wrapper) this.#wrapper.title = this.#text();
  }

  #text(): string {
    return this.#detail === undefined ? this.#title : `${this.#title}  ${this.#detail}`;
  }
}
