import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import type { CertificateReading, ContextReading, SshReading, TlsReading } from '../../doctor/context-reading.ts';
import type { EngineReading } from '../../doctor/machine-reading.ts';
import { CommandError, NotFoundError, ToolkitError } from '../../errors.ts';
import { formatEndpoint } from '../engine/endpoint.ts';
import { resolveEngineTarget, type EngineTarget } from '../engine/engine-target.ts';
import { currentRuntimeFolder } from '../labs/find-labs.ts';
import type { Shell } from '../shell/shell.ts';
import { SshFailure } from '../ssh/ssh-failure.ts';
import { readEngine } from './read-engine.ts';
import { readPeerCertificate } from './read-peer-certificate.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface ContextSources {
  readonly env: Env;
  readonly shell: Shell;
  /** Value of `--context`. */
  readonly context: string | undefined;
  readonly signal: AbortSignal;
}

const TLS_FILES = ['ca.pem', 'cert.pem', 'key.pem'] as const;

/** What is chosen, and the engine behind it, if there is one to speak to. */
export interface ChosenContext {
  readonly reading: ContextReading;
  readonly target: EngineTarget | undefined;
}

export async function readChosenContext(sources: ContextSources): Promise<ChosenContext> {
  const { env, context, shell, signal } = sources;
  const chosen = await chooseName(sources);
  const naming = { chosenBy: chosen.chosenBy, name: chosen.name };
  const tlsPlace = await findTlsPlace(chosen.name, env, shell);
  const nothing = { isLocalEngine: false, engine: undefined, tls: undefined, ssh: undefined };
  let target: EngineTarget;
  try {
    target = await resolveEngineTarget({ context: context ?? chosen.asked, env, shell });
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    const exists = !(error instanceof NotFoundError);
    const tls = tlsPlace && (await readTls(tlsPlace, undefined));
    const host = tlsPlace?.host ?? env['DOCKER_HOST'] ?? '';
    const refusal = exists ? (error.message.split('\n')[0] ?? '') : '';
    return { reading: { ...naming, exists, refusal, host, ...nothing, tls }, target: undefined };
  }
  const { endpoint } = target.api;
  const isLocalEngine = endpoint.kind === 'unix' && !endpoint.socketPath.startsWith(`${currentRuntimeFolder(env)}/`);
  const [engine, ssh, tls] = await Promise.all([
    readEngine(target.api, { isLocal: isLocalEngine, signal }),
    endpoint.kind === 'ssh' ? readSsh(target, signal) : undefined,
    endpoint.kind === 'tcp' && tlsPlace ? readTls(tlsPlace, endpoint) : undefined,
  ]);
  const reading = {
    ...naming,
    exists: true,
    refusal: '',
    host: formatEndpoint(endpoint),
    isLocalEngine,
    engine,
    tls,
    ssh,
  };
  // A default that had to be asked for by its name is nobody's choice.
  return { reading, target: chosen.asked === undefined ? target : { ...target, isExplicit: false } };
}

/** The engine of this machine: the chosen one where it is here, else the one at Docker's own socket. */
export async function readLocalEngine(
  { reading }: ChosenContext,
  { shell, signal }: Pick<ContextSources, 'shell' | 'signal'>,
): Promise<EngineReading> {
  if (reading.isLocalEngine && reading.engine) return reading.engine;
  const { api } = await resolveEngineTarget({ context: 'default', env: {}, shell });
  try {
    return await readEngine(api, { isLocal: true, signal });
  } finally {
    api.close();
  }
}

type Choice = Pick<ContextReading, 'chosenBy' | 'name'> & {
  /** The context to ask for, where the environment does not say it by itself. */
  readonly asked?: string;
};

/** As `resolveEngineTarget` chooses; a config.json that nobody can read names none, and is another check's. */
async function chooseName({ env, context }: ContextSources): Promise<Choice> {
  if (context !== undefined) return { chosenBy: '--context', name: context };
  if (env['DOCKER_HOST']) return { chosenBy: 'DOCKER_HOST', name: undefined };
  if (env['DOCKER_CONTEXT']) return { chosenBy: 'DOCKER_CONTEXT', name: env['DOCKER_CONTEXT'] };
  const file = path.join(env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker'), 'config.json');
  try {
    const { currentContext } = JSON.parse(await readFile(file, 'utf8')) as { readonly currentContext?: string };
    if (currentContext && currentContext !== 'default') return { chosenBy: 'current context', name: currentContext };
    return { chosenBy: 'default', name: 'default' };
  } catch {
    return { chosenBy: 'default', name: 'default', asked: 'default' };
  }
}

interface TlsPlace {
  readonly folder: string;
  readonly host: string;
}

interface InspectedContext {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
  readonly Storage?: { readonly TLSPath?: string };
}

/** Folder of the certificates of a `tcp://` endpoint; `undefined` for any other. */
async function findTlsPlace(name: string | undefined, env: Env, shell: Shell): Promise<TlsPlace | undefined> {
  if (name === undefined) {
    const host = env['DOCKER_HOST'] ?? '';
    const folder =
      env['DOCKER_CERT_PATH'] || (env['DOCKER_TLS_VERIFY'] ? path.join(env['HOME'] || homedir(), '.docker') : '');
    return host.startsWith('tcp://') && folder !== '' ? { folder, host } : undefined;
  }
  if (name === 'default') return undefined;
  try {
    const { stdout } = await shell.run(['docker', 'context', 'inspect', name, '--format', '{{json .}}']);
    const { Endpoints, Storage } = JSON.parse(stdout) as InspectedContext;
    const host = Endpoints?.docker?.Host ?? '';
    if (!host.startsWith('tcp://') || !Storage?.TLSPath) return undefined;
    return { folder: path.join(Storage.TLSPath, 'docker'), host };
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

async function readTls(
  { folder }: TlsPlace,
  endpoint: { readonly host: string; readonly port: number } | undefined,
): Promise<TlsReading> {
  const [texts, own] = await Promise.all([
    Promise.all(TLS_FILES.map(async (file) => readFile(path.join(folder, file), 'utf8').catch(() => undefined))),
    endpoint && readPeerCertificate(endpoint),
  ]);
  const certificates = TLS_FILES.flatMap((file, index): readonly CertificateReading[] => {
    const text = texts[index];
    return file === 'key.pem' || text === undefined ? [] : [{ file, notAfterMs: endOf(text) }];
  });
  return {
    certificates: own === undefined ? certificates : [...certificates, { file: "the engine's own", notAfterMs: own }],
    missing: TLS_FILES.filter((_, index) => texts[index] === undefined),
    folder,
  };
}

/** `notAfter` of the first certificate in a PEM text. */
export function endOf(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

const SSH_LIMIT_MS = 6000;

async function readSsh({ api }: EngineTarget, signal: AbortSignal): Promise<SshReading> {
  try {
    await api.get('/_ping', { timeoutMs: SSH_LIMIT_MS, signal });
    return { failure: undefined };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof SshFailure)) return { failure: undefined };
    return { failure: { kind: cause.kind, seen: cause.message, hint: cause.hint } };
  }
}
