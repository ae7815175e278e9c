import { UsageError } from '../errors.ts';

/** One `key=value` of a flag. */
export type Setting = readonly [key: string, value: string];

/** Properties that make the parts of a cluster find and trust each other: they are the toolkit's to set. */
const OWN_PROPERTIES =
  /^spark\.(master|authenticate(\..*)?|network\.crypto\..*|driver\.(host|bindAddress)|ui\.reverseProxy|decommission\.enabled|storage\.decommission\..*|worker\.resource\..*|deploy\.recovery.*|master\.rest\.enabled)$/;
/** Variables that say how large a container is and whom it belongs to. */
const OWN_VARIABLES = /^(SPARK_(WORKER|MASTER|EXECUTOR|DAEMON|HOME|CONF|SWARM)(_.*)?|JAVA_HOME|PATH|HOME)$/;

/**
 * A Spark property for the whole cluster.
 *
 * Shape: `spark.sql.shuffle.partitions=8`; the value may be empty and have blanks, but no line break.
 *
 * @throws UsageError for what is no property, and for those that the toolkit sets itself
 */
export function parseConf(text: string): Setting {
  const [key, value] = divide(text);
  if (value === undefined || !/^spark\.[A-Za-z0-9._-]+$/.test(key) || /[\n\r]/.test(value)) {
    throw new UsageError(`--conf: got ${JSON.stringify(text)}; expected spark.KEY=VALUE`);
  }
  if (OWN_PROPERTIES.test(key)) {
    throw new UsageError(`--conf: ${key} is set by spark-swarm itself; leave it out`);
  }
  return [key, value.trim()];
}

/**
 * An environment variable of every container of a cluster.
 *
 * Shape: `NAME=VALUE`; `NAME` alone takes the value from `env`, as docker does it.
 *
 * @throws UsageError for what is no variable, has no value, or is the toolkit's own
 */
export function parseEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): Setting {
  const [name, typed] = divide(text);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new UsageError(`--env: got ${JSON.stringify(text)}; expected NAME=VALUE`);
  }
  if (OWN_VARIABLES.test(name)) throw new UsageError(`--env: ${name} is set by spark-swarm itself; leave it out`);
  const value = typed ?? env[name];
  if (value === undefined) {
    throw new UsageError(`--env: got ${JSON.stringify(text)}, and there is no such variable here; expected NAME=VALUE`);
  }
  if (value.includes('\0')) throw new UsageError(`--env: the value of ${name} has a NUL; expected text`);
  return [name, value];
}

function divide(text: string): readonly [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
