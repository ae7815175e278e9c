import { collect } from './collect-problems.ts';
import { hasPassword, hidePassword, isSamePlace, parseDataUrl, resolveDataSource } from './data-source.ts';
import { isOn, SUBSTITUTE_NAMES } from './job-configs.ts';
import type { JobProblem, JobWish } from './job-wish.ts';
import { fillPlaceholders } from './random-text.ts';

/** A wish with the URLs of its data sources in their places. */
export interface ResolvedWish {
  readonly wish: JobWish;
  readonly args: readonly string[];
  /** The job's environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly problems: readonly JobProblem[];
}

/**
 * `input` and `output` are always looked up; arguments, configs and params where `edp.substitute_data_source_for_name` asks for
 * it. A URL with a password is kept out of the arguments, which every user of that machine can see.
 */
export function resolveWish(wish: JobWish, sources: ReadonlyMap<string, string>, jobId: string): ResolvedWish {
  const problems: JobProblem[] = [];
  const attempt = (value: string, work: () => string): string => collect(problems, work) ?? value;
  const isAsked = isOn(wish.configs, SUBSTITUTE_NAMES);
  const fill = (value: string): string =>
    isAsked ? attempt(value, () => resolveDataSource(value, sources, jobId)) : value;
  const fillAll = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fill(value)]));
  const place = (value: string | undefined, field: string): string | undefined =>
    value === undefined
      ? undefined
      : attempt(value, () =>
          value.startsWith('datasource://')
            ? resolveDataSource(value, sources, jobId)
            : fillPlaceholders(parseDataUrl(value, field), jobId),
        );
  const args = wish.args.map((arg, index) => {
    const filled = fill(arg);
    if (filled !== arg && hasPassword(filled))
      problems.push({
        message: `argument ${index + 1} of the application: ${arg} holds a password, which everybody there could read among the arguments`,
        hint: `--param NAME=${arg} puts it into the environment, --input-url ${arg} makes it INPUT`,
      });
    return filled;
  });
  const [input, output] = [place(wish.input, 'input'), place(wish.output, 'output')];
  if (input !== undefined && output !== undefined && isSamePlace(input, output))
    problems.push({
      message: `Provided input and output DataSources reference the same location: ${hidePassword(input)}`,
    });
  return {
    wish: { ...wish, args, configs: fillAll(wish.configs) },
    args,
    variables: {
      ...(input === undefined ? {} : { INPUT: input }),
      ...(output === undefined ? {} : { OUTPUT: output }),
      ...fillAll(wish.params),
    },
    problems,
  };
}
