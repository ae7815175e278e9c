import { closestKey } from '../config/closest-key.ts';
import { UsageError } from '../errors.ts';
import { checkPlaceholders, fillPlaceholders } from './random-text.ts';

/** A place of data that has a name; the URL may hold a password. */
export interface DataSource {
  readonly name: string;
  readonly url: string;
}

const PREFIX = 'datasource://';

/**
 * The URL of a data source: with a scheme, or a path in the cluster; `%JOB_EXEC_ID%` and `%RANDSTR(n)%` may be in it.
 *
 * @throws UsageError
 */
export function parseDataUrl(text: string, field = 'URL'): string {
  checkPlaceholders(text);
  if (text.startsWith(PREFIX)) throw new UsageError(`${field}: a data source cannot be another one: ${text}`);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/^([A-Za-z][A-Za-z0-9+.-]*:\/\/|\/)[^\s\u0000-\u001F\u007F]+$/.test(text)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(hidePassword(text))}; expected a URL, like s3a://bucket/in, or a path in the cluster, like /data/in`,
  );
}

/** Whether a URL holds a password or a key: `scheme://user:password@host`, or among its parameters. */
export function hasPassword(url: string): boolean {
  return hidePassword(url) !== url;
}

/** The same URL for people. */
export function hidePassword(url: string): string {
  return url
    .replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*?:)[^/?#]*@/, '$1***@')
    .replaceAll(/([?&][^=&#]*(?:password|secret|token|signature|sig|key)[^=&#]*=)[^&#]+/gi, '$1***');
}

/**
 * A value whose whole text is `datasource://NAME` becomes that source's URL, filled for this job; any other stays as it is.
 *
 * @throws UsageError for a name that is not known
 */
export function resolveDataSource(value: string, sources: ReadonlyMap<string, string>, jobId: string): string {
  if (!value.startsWith(PREFIX)) return value;
  const name = value.slice(PREFIX.length);
  const url = sources.get(name);
  if (url !== undefined) return fillPlaceholders(url, jobId);
  const meant = closestKey(name, [...sources.keys()]);
  throw new UsageError(
    `${value}: no data source of that name${meant === undefined ? '' : `; did you mean "${PREFIX}${meant}"?`}`,
    { hint: `spark-swarm job data-source add ${name === '' ? 'NAME' : name} URL` },
  );
}

/** `s3a://b/x` and `s3a://b//x/` are one place. */
export function isSamePlace(a: string, b: string): boolean {
  return normalize(a) === normalize(b);
}

function normalize(url: string): string {
  const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)?([^]*)$/.exec(url) ?? [];
  const parts = rest.split('/').filter((part) => part !== '' && part !== '.');
  // `file:///data` and `/data` are what Spark reads from a disk.
  const root = rest.startsWith('/') ? '/' : '';
  return `${scheme.toLowerCase() === 'file://' ? '' : scheme.toLowerCase()}${root}${parts.join('/')}`;
}
