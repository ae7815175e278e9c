import { UnreachableError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { EngineAccess } from '../../machines/machine.ts';
import { parseDockerHost, type TlsMaterial } from './endpoint.ts';
import { EngineApi } from './engine-api.ts';
import { findTlsFiles, readTlsFiles, tlsFolders } from './tls-files.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A machine's engine. Dials nobody. @throws UsageError for an address that cannot be, or a file that cannot be read */
export async function openEngine({ host, tls }: EngineAccess, name?: string): Promise<EngineApi> {
  const material = tls && host.startsWith('tcp:') ? await readTlsFiles(tls, host) : undefined;
  return new EngineApi(parseDockerHost(host, 'engine', material), name);
}

export interface NodeAccess {
  /** The node's hostname, for messages. */
  readonly node: string;
  /** Certificates of the engine that we came by, if it was by TLS. */
  readonly tls: TlsMaterial | undefined;
  readonly env: Environment;
}

/**
 * The engine that a node's label names. Dials nobody.
 *
 * Certificates for `tcp://`: those of the engine that we came by, else of DOCKER_CERT_PATH, else of docker-machine's store.
 *
 * @throws UnreachableError naming node, address, and where they were looked for; UsageError for a label that is no address
 */
export async function openNodeEngine(host: string, { node, tls, env }: NodeAccess): Promise<EngineApi> {
  const field = `label ${LABELS.nodeEngine} of node ${node}`;
  if (!host.startsWith('tcp:')) return new EngineApi(parseDockerHost(host, field, undefined), `${host} (node ${node})`);
  if (tls) {
    return new EngineApi(
      parseDockerHost(host, field, tls),
      `${host} (node ${node}, with the certificate of the manager)`,
    );
  }
  const files = findTlsFiles(env);
  if (!files) {
    throw new UnreachableError(
      `Cannot reach the engine of node ${node} at ${host}: it asks for a client certificate, and this user has none in ${tlsFolders(env).join(' or ')}`,
      { hint: 'set DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem of who made the machine' },
    );
  }
  return new EngineApi(
    parseDockerHost(host, field, await readTlsFiles(files, field)),
    `${host} (node ${node}, with the certificate ${files.cert})`,
  );
}
