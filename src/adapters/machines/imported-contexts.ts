import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { UsageError } from '../../errors.ts';
import { listDockerContexts, type ListedContext } from '../../machines/machine-context.ts';
import type { WantedContext } from '../../machines/plan-import.ts';
import { parseDockerHost, type TlsMaterial } from '../engine/endpoint.ts';
import { resolveEngineTarget } from '../engine/engine-target.ts';
import { LocalShell } from '../shell/local-shell.ts';
import type { Shell } from '../shell/shell.ts';

const ANSWER_LIMIT_MS = 4500;

/** Files of the operator's own, by their paths. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A context that is not there, or not right. */
export interface WrongContext {
  readonly context: WantedContext;
  readonly verb: 'create' | 'update';
  readonly tls: TlsTexts | undefined;
}

interface TlsTexts {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface Options {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly certificate: ClientCertificate | undefined;
}

/** The docker contexts of this user, and those that an import makes. */
export class ImportedContexts {
  readonly present: readonly ListedContext[];
  readonly #shell: Shell;
  readonly #options: Options;

  private constructor(shell: Shell, present: readonly ListedContext[], options: Options) {
    this.#shell = shell;
    this.present = present;
    this.#options = options;
  }

  static async read(options: Options): Promise<ImportedContexts> {
    const shell = new LocalShell();
    return new ImportedContexts(shell, await listDockerContexts(shell, options.signal), options);
  }

  /**
   * Those that have to be made or corrected.
   *
   * @throws UsageError for an engine that no command of ours would use; naming the certificate that an engine asks for, and
   * that is not there
   */
  async findWrong(wanted: readonly WantedContext[]): Promise<readonly WrongContext[]> {
    const wrong: WrongContext[] = [];
    for (const context of wanted) {
      const found = this.present.find(({ name }) => name === context.name);
      const present = found && (await this.#readPresent(context.name));
      const tls = await this.#wantedTls(context, found?.host === context.host ? present?.tls : undefined);
      await refuseUseless(context, tls);
      const isRight =
        found?.host === context.host &&
        present !== undefined &&
        present.tls?.verify !== false &&
        present.tls?.ca === tls?.ca &&
        present.tls?.cert === tls?.cert &&
        present.tls?.key === tls?.key;
      if (!isRight) wrong.push({ context, verb: found ? 'update' : 'create', tls });
    }
    return wrong;
  }

  async write({ context, verb, tls }: WrongContext): Promise<void> {
    const { name, description, host } = context;
    // Docker takes certificates from files only, and copies them.
    const folder = tls && (await mkdtemp(path.join(tmpdir(), 'spark-swarm-')));
    try {
      const parts = [`host=${host}`];
      for (const part of ['ca', 'cert', 'key'] as const) {
        if (!folder || !tls) continue;
        const file = path.join(folder, `${part}.pem`);
        await writeFile(file, tls[part], { mode: 0o600 });
        parts.push(`${part}=${file}`);
      }
      await this.#shell.run(
        ['docker', 'context', verb, name, '--description', description, '--docker', parts.join(',')],
        { signal: this.#options.signal },
      );
    } finally {
      if (folder) await rm(folder, { recursive: true, force: true });
    }
  }

  /** @throws UnreachableError if an engine does not answer to this user */
  async ask(wanted: readonly WantedContext[]): Promise<void> {
    for (const { name } of wanted) {
      const { api } = await resolveEngineTarget({ context: name, env: {}, shell: this.#shell });
      await api.get('/_ping', { timeoutMs: ANSWER_LIMIT_MS, signal: this.#options.signal }).finally(() => api.close());
    }
  }

  /** @returns `undefined` for one that cannot be used: it is wrong, whatever is in it */
  async #readPresent(name: string): Promise<{ readonly tls: TlsMaterial | undefined } | undefined> {
    try {
      const { api } = await resolveEngineTarget({ context: name, env: {}, shell: this.#shell });
      return { tls: api.endpoint.kind === 'tcp' ? api.endpoint.tls : undefined };
    } catch (error) {
      if (error instanceof UsageError) return undefined;
      throw error;
    }
  }

  /** What was named, else what the context has, else what DOCKER_CERT_PATH holds. */
  async #wantedTls(
    { host, certificateAuthority, meaning }: WantedContext,
    present: TlsMaterial | undefined,
  ): Promise<TlsTexts | undefined> {
    if (!host.startsWith('tcp://') || certificateAuthority === undefined) return undefined;
    const folder = this.#options.env['DOCKER_CERT_PATH'];
    const named =
      this.#options.certificate ??
      (!present?.cert && folder
        ? { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') }
        : undefined);
    if (named) {
      const [cert, key] = await Promise.all([readPem(named.cert, '--tls-cert'), readPem(named.key, '--tls-key')]);
      return { ca: certificateAuthority, cert, key };
    }
    if (present?.cert && present.key) return { ca: certificateAuthority, cert: present.cert, key: present.key };
    throw new UsageError(`The engine of ${meaning} at ${host} asks for a client certificate, and none was named`, {
      hint: 'ask whoever runs it for one of your own, then add --tls-cert FILE --tls-key FILE',
    });
  }
}

/** @throws UsageError for what would be refused, or lead nowhere, as soon as the context is used */
async function refuseUseless({ host, meaning }: WantedContext, tls: TlsTexts | undefined): Promise<void> {
  const endpoint = parseDockerHost(host, `engine of ${meaning}`, tls && { ...tls, verify: true });
  if (endpoint.kind !== 'unix') return;
  const isHere = await stat(endpoint.socketPath).then(
    (found) => found.isSocket(),
    () => false,
  );
  if (isHere) return;
  throw new UsageError(
    `engine of ${meaning}: got ${host}; expected ssh:// or tcp://, there is no such socket on this machine`,
    {
      hint: 'on the machine that wrote the file, export by a docker context that leads there from everywhere',
    },
  );
}

async function readPem(file: string, field: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${field}: cannot read ${file}: ${(error as Error).message}`, { cause: error });
  });
  if (/-----BEGIN [A-Z ]+-----/.test(text)) return text;
  throw new UsageError(`${field}: ${file} holds nothing that begins with -----BEGIN; expected a PEM file`);
}
