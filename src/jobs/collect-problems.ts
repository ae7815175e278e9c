import { ConfigError, UsageError } from '../errors.ts';
import type { JobProblem } from './job-wish.ts';

/** Runs a check or a parser; the UsageError that it throws is one more problem. */
export function collect<T>(problems: JobProblem[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    problems.push(asProblem(error));
    return undefined;
  }
}

/** The same for one that reads files. */
export async function collectAsync<T>(problems: JobProblem[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    problems.push(asProblem(error));
    return undefined;
  }
}

function asProblem(error: unknown): JobProblem {
  if (!(error instanceof UsageError)) throw error;
  return { message: error.message, hint: error.hint };
}

/** All problems in one error that ends with status 2; the same one twice is one. */
export function toError(subject: string, problems: readonly JobProblem[]): UsageError | ConfigError {
  const hints = new Map(problems.toReversed().map(({ message, hint }) => [message, hint]));
  const messages = [...new Set(problems.map(({ message }) => message))];
  const [first] = problems;
  if (first && messages.length === 1) {
    const hint = hints.get(first.message);
    return new UsageError(first.message, hint === undefined ? {} : { hint });
  }
  return new ConfigError(
    subject,
    messages.map((message) => {
      const hint = hints.get(message);
      return hint === undefined ? message : `${message} (${hint})`;
    }),
  );
}
