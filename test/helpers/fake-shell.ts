import { CommandError } from '../../src/errors.ts';
import type { Argv, CommandResult, RunOptions, Shell } from '../../src/adapters/shell/shell.ts';

/** What a command line prints; after `!` it is its standard error, and it fails with status 1, or with the number there. */
export type Answers = Readonly<Record<string, string>>;

/** A shell that knows a few command lines by heart, and throws at any other. */
export class FakeShell implements Shell {
  readonly host = 'localhost';
  readonly calls: { readonly line: string; readonly options: RunOptions }[] = [];
  readonly #answers: Answers;

  constructor(answers: Answers = {}) {
    this.#answers = answers;
  }

  get lines(): readonly string[] {
    return this.calls.map(({ line }) => line);
  }

  async run(command: Argv, options: RunOptions = {}): Promise<CommandResult> {
    const line = command.join(' ');
    this.calls.push({ line, options });
    const answer = this.#answers[line];
    if (answer === undefined) throw new Error(`unexpected command: ${line}`);
    const failure = /^!(?:([0-9]+) )?([^]*)$/.exec(answer);
    if (!failure) return { stdout: answer, stderr: '' };
    throw new CommandError({ command, exitStatus: Number(failure[1] ?? 1), stdout: '', stderr: failure[2] ?? '' });
  }

  stream(command: Argv): Promise<void> {
    return Promise.reject(new Error(`unexpected command: ${command.join(' ')}`));
  }
}
