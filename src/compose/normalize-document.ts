import type { ComposeDocument, ComposeService, Labels } from './compose-document.ts';

/** The newest schema that a docker command line 20.10 knows; it refuses a file that names none. */
const OLDEST_SCHEMA = '3.9';

type RawMapping = Readonly<Record<string, string | null>> | readonly string[] | undefined;

interface RawService {
  readonly labels?: RawMapping;
  readonly environment?: RawMapping;
  readonly deploy?: { readonly labels?: RawMapping };
}

/** A file as its author wrote it, in the one form that {@link ComposeDocument} has: mappings instead of `key=value` lists. */
export function normalizeDocument(raw: unknown): ComposeDocument {
  const document = raw as { readonly services?: Readonly<Record<string, RawService>> };
  return {
    ...document,
    version: OLDEST_SCHEMA,
    services: Object.fromEntries(
      Object.entries(document.services ?? {}).map(([name, service]) => [name, normalizeService(service)]),
    ),
  };
}

function normalizeService(service: RawService): ComposeService {
  const { deploy } = service;
  return {
    ...service,
    labels: toMapping(service.labels) as Labels,
    environment: toMapping(service.environment),
    deploy: { ...deploy, labels: toMapping(deploy?.labels) as Labels },
  };
}

/** `['A=1', 'B']` is `{A: '1', B: null}`: a name alone takes its value from the environment. */
function toMapping(raw: RawMapping): Readonly<Record<string, string | null>> {
  if (!Array.isArray(raw)) return (raw as Exclude<RawMapping, readonly string[]>) ?? {};
  return Object.fromEntries(
    (raw as readonly string[]).map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
