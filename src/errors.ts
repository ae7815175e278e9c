/**
 * Every failure the toolkit can explain. Anything else that reaches `main` is printed as `bug:` with its stack.
 *
 * Message = what was attempted, on what, what was seen; capital first letter, no final period.
 * The hint is the next thing to type.
 */
export abstract class ToolkitError extends Error {
  /** Stable machine-readable name; part of the public API and of `--events` output. */
  abstract readonly code: string;

  /** Exit status of a command that ends with this error (design D9). */
  readonly exitCode: number = 1;

  /** The next thing the user can type or change, if one is known. */
  readonly hint: string | undefined;

  constructor(message: string, options: ErrorDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

export interface ErrorDetails {
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A flag, an argument or a value on the command line is wrong. Nothing has been changed. */
export class UsageError extends ToolkitError {
  override readonly code = 'usage';
  override readonly exitCode = 2;
}

/** A file the user wrote is wrong. Carries every problem found, not only the first. Nothing has been changed. */
export class ConfigError extends ToolkitError {
  override readonly code = 'config';
  override readonly exitCode = 2;
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[], options: ErrorDetails = {}) {
    super(
      problems.length === 1
        ? `${source}: ${problems[0] ?? ''}`
        : `${source} has ${problems.length} problems:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      options,
    );
    this.problems = problems;
  }
}

/** Something that was named does not exist. */
export class NotFoundError extends ToolkitError {
  override readonly code = 'not-found';
}

/** The thing exists, but in a state in which the command cannot do its work. */
export class InvalidStateError extends ToolkitError {
  override readonly code = 'invalid-state';
}

/** Waited as long as allowed; the work may go on. */
export class WaitTimeoutError extends ToolkitError {
  override readonly code = 'timeout';
  override readonly exitCode = 3;
}

/** An engine, a node or a master does not answer. */
export class UnreachableError extends ToolkitError {
  override readonly code = 'unreachable';
  override readonly exitCode = 4;
}

/** What is there already stands in the way: a taken port or name, a running application, another command at work. */
export class ConflictError extends ToolkitError {
  override readonly code = 'conflict';
  override readonly exitCode = 5;
}

/** A program that was run ended with another status than 0. */
export class CommandError extends ToolkitError {
  override readonly code = 'command';
  readonly command: readonly string[];
  readonly exitStatus: number | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(failure: FailedCommand, options: ErrorDetails = {}) {
    super(
      `Command failed ${failure.exitStatus === undefined ? 'to start' : `with exit status ${failure.exitStatus}`}: ` +
        `${failure.command.join(' ')}${failure.stderr.trim() === '' ? '' : `\n${failure.stderr.trim()}`}`,
      options,
    );
    this.command = failure.command;
    this.exitStatus = failure.exitStatus;
    this.stdout = failure.stdout;
    this.stderr = failure.stderr;
  }
}

interface FailedCommand {
  readonly command: readonly string[];
  readonly exitStatus: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The Docker engine answered a request with an error. */
export class EngineError extends ToolkitError {
  override readonly code = 'engine';
  readonly statusCode: number;

  constructor(message: string, statusCode: number, options: ErrorDetails = {}) {
    super(message, options);
    this.statusCode = statusCode;
  }
}

/** The user interrupted the command (Ctrl-C), or said no to a question. */
export class InterruptedError extends ToolkitError {
  override readonly code = 'interrupted';
  override readonly exitCode = 130;
}
