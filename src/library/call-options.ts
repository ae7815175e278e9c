import { PLATFORM_KINDS, type PlatformKind } from '../cluster/cluster.ts';
import { DEFAULT_CLUSTER_NAME, parseClusterName } from '../cluster/cluster-name.ts';
import type { Report } from '../events.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import { anyFunction, anySignal, choice, parsed, text, texts } from './read-options.ts';

/** What every function of the library takes. */
export interface CallOptions {
  /** Docker context to use. Default: what docker itself would use (DOCKER_HOST, DOCKER_CONTEXT, the current context). */
  readonly context?: string | undefined;
  /**
   * Ends the call with an InterruptedError, whose `cause` is the signal's reason. What is in the middle of a change is
   * brought to a point from which the same call goes on; an application is cancelled on the cluster, too.
   */
  readonly signal?: AbortSignal | undefined;
  /** Gets every event while the call works, and none afterwards. The library itself prints nothing. */
  readonly onEvent?: Report | undefined;
  /** Folder that relative paths start from. Default: that of the process. */
  readonly cwd?: string | undefined;
  /** Folder that holds `docker/`, `docker-compose.yml` and `nfs/`. Default: that of this package. */
  readonly projectFolder?: string | undefined;
  /** What `process.env` is to the commands: DOCKER_HOST, proxies, HOME. Default: `process.env`. */
  readonly processEnv?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What every function about one cluster takes. */
export interface ClusterOptions extends CallOptions {
  /** Default `spark`. */
  readonly name?: string | undefined;
  /** Where the cluster lives. Default: where it is found. Needed only where there is one of this name on both. */
  readonly platform?: PlatformKind | undefined;
}

/** What stands in the way of a change. */
export interface Question {
  /** For a person: `Remove the cluster "spark"? 1 running: etl`. */
  readonly message: string;
  /** What would be ended; `undefined` when the master does not answer, so that nobody knows. */
  readonly applications: readonly SparkApplication[] | undefined;
  /** Jobs that would be ended, as `NAME-ID`, besides those whose application is named already. */
  readonly jobs: readonly string[];
}

/** Answers with true to go on. What it throws ends the call. */
export type Confirm = (question: Question) => boolean | Promise<boolean>;

export const CALL_READERS = {
  context: text('the name of a docker context'),
  signal: anySignal,
  onEvent: (value: unknown, field: string): Report => anyFunction(value, field) as Report,
  cwd: text('the path of a folder'),
  projectFolder: text('the path of a folder'),
  processEnv: texts('the variables of a process'),
};

export const CLUSTER_READERS = {
  ...CALL_READERS,
  name: parsed(parseClusterName),
  platform: choice(PLATFORM_KINDS),
};

export function readConfirm(value: unknown, field: string): Confirm {
  return anyFunction(value, field) as Confirm;
}

/** Name of the cluster that is meant. */
export function nameOf({ name = DEFAULT_CLUSTER_NAME }: { readonly name?: string | undefined }): string {
  return name;
}
