import { closestKey } from '../config/closest-key.ts';
import type { JobType } from './job.ts';
import type { JobProblem } from './job-wish.ts';

export const MAIN_CLASS = 'edp.java.main_class';
export const DRIVER_CLASS_PATH = 'edp.spark.driver.classpath';
export const ADAPT_FOR_SWIFT = 'edp.spark.adapt_for_swift';
export const SUBSTITUTE_NAMES = 'edp.substitute_data_source_for_name';

/** The older engine's keys that still mean something. */
export const OLDER_KEYS = [MAIN_CLASS, DRIVER_CLASS_PATH, ADAPT_FOR_SWIFT, SUBSTITUTE_NAMES] as const;

const SWITCHES: ReadonlySet<string> = new Set([ADAPT_FOR_SWIFT, SUBSTITUTE_NAMES]);

/** What is set by the cluster, or by the engine of jobs: what to use instead. */
const TAKEN: Readonly<Record<string, string>> = {
  'spark.master': 'choose the cluster with --name',
  'spark.submit.deployMode': 'choose where the driver runs with --driver',
  'spark.swarm.jobId': 'choose the id with --id',
};

/** Whether a key may be in `configs` at all. `undefined`: it may. */
export function checkConfigKey(key: string): JobProblem | undefined {
  const [family] = /^(spark|fs)\../.exec(key) ?? [];
  if (family !== undefined || OLDER_KEYS.some((known) => known === key)) return undefined;
  const meant = closestConfigKey(key);
  return {
    message: `configs: unknown key ${JSON.stringify(key)}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    hint: `known are spark.*, fs.*, ${OLDER_KEYS.join(', ')}`,
  };
}

/** Dots and underscores are often taken for each other, and sometimes the last part is all that is remembered. */
function closestConfigKey(key: string): string | undefined {
  const plain = (text: string): string => text.replaceAll(/[._-]/g, '');
  const last = (text: string): string => text.slice(text.lastIndexOf('.') + 1);
  const whole = closestKey(plain(key), OLDER_KEYS.map(plain));
  const part = closestKey(last(key), OLDER_KEYS.map(last));
  return OLDER_KEYS.find((known) => plain(known) === whole) ?? OLDER_KEYS.find((known) => last(known) === part);
}

/** What is wrong with setting a property that is not the user's to set. */
export function checkTaken(key: string): JobProblem | undefined {
  const instead = Object.hasOwn(TAKEN, key) ? TAKEN[key] : undefined;
  return instead === undefined ? undefined : { message: `${key} is set by the cluster: leave it out`, hint: instead };
}

/** Everything that is wrong with the values. */
export function checkConfigs(configs: Readonly<Record<string, string>>, type: JobType): readonly JobProblem[] {
  return Object.entries(configs).flatMap(([key, value]): readonly JobProblem[] => {
    const taken = checkTaken(key);
    if (taken) return [taken];
    if (SWITCHES.has(key) && !/^(true|false)$/i.test(value))
      return [{ message: `${key}: got ${JSON.stringify(value)}; expected true or false` }];
    if (type === 'shell' && key !== SUBSTITUTE_NAMES)
      return [{ message: `${key} means nothing to a shell job`, hint: '--param NAME=VALUE sets its environment' }];
    if (key.startsWith('fs.') && !isOn(configs, ADAPT_FOR_SWIFT))
      return [
        {
          message: `${key} reaches a job only with ${ADAPT_FOR_SWIFT}: true`,
          hint: `--config ${ADAPT_FOR_SWIFT}=true`,
        },
      ];
    return [];
  });
}

export function isOn(configs: Readonly<Record<string, string>>, key: string): boolean {
  return configs[key]?.toLowerCase() === 'true';
}
