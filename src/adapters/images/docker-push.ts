import { CommandError, EngineError } from '../../errors.ts';
import { nameInRegistry, registryOf, splitTag } from '../../image/registry-name.ts';
import type { EngineTarget } from '../engine/engine-target.ts';
import type { Shell } from '../shell/shell.ts';

export interface PushRequest {
  readonly source: EngineTarget;
  readonly shell: Shell;
  /** `HOST[:PORT][/PATH]` */
  readonly registry: string;
  readonly progress: (detail: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Gives the image its name in the registry and pushes it, by the docker command line, which knows this person's
 * credentials. Layers that the registry has are not sent.
 *
 * @returns the name in the registry
 * @throws EngineError with docker's words
 */
export async function pushToRegistry(
  image: string,
  { source, shell, registry, progress, signal }: PushRequest,
): Promise<string> {
  const name = nameInRegistry(registry, image);
  const { repository, tag } = splitTag(name);
  await source.api.post(`/images/${encodeURI(image)}/tag`, { query: { repo: repository, tag }, signal });
  const states = new Map<string, string>();
  const onLine = (line: string): void => {
    const [, layer, state] = /^([0-9a-f]{12}): (.+)$/.exec(line) ?? [];
    if (layer === undefined || state === undefined) return;
    states.set(layer, state);
    const isDone = (text: string): boolean => /^(Pushed|Layer already exists|Mounted)/.test(text);
    progress(`${[...states.values()].filter(isDone).length} of ${states.size} layers`);
  };
  try {
    await shell.stream(['docker', 'push', name], onLine, { env: source.dockerEnv, signal });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = error.stderr.split('\n').at(-1)?.trim() ?? '';
    throw new EngineError(`Cannot push "${name}": ${said}`, 500, { cause: error, hint: hintFor(said, name) });
  }
  return name;
}

function hintFor(said: string, name: string): string {
  const host = registryOf(name) ?? '';
  if (/denied|unauthorized|no basic auth/i.test(said)) return `docker login ${host}`;
  if (/HTTP response to HTTPS client/i.test(said)) {
    return `the registry speaks no TLS: "insecure-registries": ["${host}"] in /etc/docker/daemon.json, here and on every node`;
  }
  if (/certificate/i.test(said)) return `its authority as /etc/docker/certs.d/${host}/ca.crt, here and on every node`;
  return `docker push ${name} shows all of it`;
}
