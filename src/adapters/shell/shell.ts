/** A program and its arguments. Never joined into a line that a shell would split again. */
export type Argv = readonly [file: string, ...args: string[]];

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Written to the command's standard input. */
  readonly input?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** A place where commands run. */
export interface Shell {
  /** How messages name the place: `localhost`. */
  readonly host: string;

  /**
   * Runs the command, waits for its end and keeps its output.
   * @throws CommandError if it does not start, or does not end with exit status 0
   */
  run(command: Argv, options?: RunOptions): Promise<CommandResult>;

  /**
   * Runs a command with long output: each line is handed over as it comes and not kept (the last 20 are, for the error).
   * @throws CommandError as `run`
   */
  stream(command: Argv, onLine: (line: string) => void, options?: RunOptions): Promise<void>;
}
