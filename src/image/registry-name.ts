import { UsageError } from '../errors.ts';

/**
 * `HOST[:PORT][/PATH]`, below which images have a name in a registry.
 *
 * Docker tells a registry from a folder of names by its dot or port. Source: distribution/reference `normalize.go`.
 *
 * @throws UsageError
 */
export function parseRegistry(text: string, field: string): string {
  const isRegistry =
    /^(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:))(?::[0-9]{1,5})?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
  if (text.length <= 200 && isRegistry.test(text)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected a registry and a path in it, like registry.example:5000/team`,
  );
}

/** The image's name in the registry; without a registry, or when it has that name already, its own. */
export function nameInRegistry(registry: string | undefined, image: string): string {
  return registry === undefined || image.startsWith(`${registry}/`) ? image : `${registry}/${image}`;
}

/** The name that it was built under: what {@link nameInRegistry} was given. */
export function nameOutsideRegistry(registry: string | undefined, image: string): string {
  return registry !== undefined && image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image;
}

/** Host and port of the registry in an image's name; `undefined` for a name without one. */
export function registryOf(image: string): string | undefined {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
}

/** Name and tag apart, as the Engine API takes them. */
export function splitTag(image: string): { readonly repository: string; readonly tag: string } {
  const [, repository = image, tag = 'latest'] = /^(.+?)(?::([^:/]+))?$/.exec(image) ?? [];
  return { repository, tag };
}
