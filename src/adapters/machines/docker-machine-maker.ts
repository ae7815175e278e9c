import { existsSync } from 'node:fs';
import path from 'node:path';

import pMap from 'p-map';

import {
  ConflictError,
  InvalidStateError,
  NotFoundError,
  ToolkitError,
  UnreachableError,
  UsageError,
  WaitTimeoutError,
  type ErrorDetails,
} from '../../errors.ts';
import { checkDriverFlags, parseFlags } from '../../machines/docker-machine/driver-flags.ts';
import { createDetail, explainMachine, findsNoMachine } from '../../machines/docker-machine/explain-machine.ts';
import { genericFlags } from '../../machines/docker-machine/generic-host.ts';
import {
  BOOTSTRAP_MACHINE,
  bootstrapArguments,
  checkMachineName,
  createArguments,
  helpArguments,
  removeArguments,
} from '../../machines/docker-machine/machine-argv.ts';
import { sizeFlags } from '../../machines/docker-machine/machine-sizes.ts';
import type { InspectedMachine } from '../../machines/docker-machine/parse-inspect.ts';
import type { CreatedMachine, CreateOptions, CreateRequest, MachineMaker } from '../../machines/machine.ts';
import { BegunCreates } from './begun-creates.ts';
import type { DockerMachineCli } from './docker-machine-cli.ts';
import { startEngine, tryGenericHosts, type TriedHost } from './try-generic-hosts.ts';

/** More at once is more than a hypervisor of one machine takes. */
const MAKERS = 4;
const CREATE_LIMIT_MS = 20 * 60_000;
/** The host is there, and was entered a moment ago: an engine may have to be installed. */
const GENERIC_LIMIT_MS = 5 * 60_000;
const REMOVE_LIMIT_MS = 5 * 60_000;
const CERTIFICATES = ['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem'] as const;
export interface MakerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly acceptNewHostKeys: boolean;
  readonly createLimitMs?: number;
}

export class DockerMachineMaker implements MachineMaker {
  readonly #cli: DockerMachineCli;
  readonly #begun: BegunCreates;
  readonly #options: MakerOptions;

  constructor(cli: DockerMachineCli, options: MakerOptions) {
    this.#cli = cli;
    this.#begun = new BegunCreates(cli.store);
    this.#options = options;
  }

  async create(requests: readonly CreateRequest[], options: CreateOptions): Promise<readonly CreatedMachine[]> {
    const { driver, size, driverFlags, signal } = options;
    for (const { name } of requests) checkMachineName(name, 'machine');
    const knownFlags = await this.#readFlags(driver, signal);
    checkDriverFlags(driver, driverFlags, knownFlags);
    const sizes = sizeFlags(driver, size, knownFlags);
    const [known, begun] = [new Set(await this.#cli.list(signal)), await this.#begun.list()];
    const missing = requests.filter(({ name }) => !known.has(name) || begun.has(name));
    const trial = { ...this.#options, driverFlags, signal, progress: options.progress };
    const hosts: ReadonlyMap<string, TriedHost> =
      driver === 'generic' ? await tryGenericHosts(missing, trial) : new Map();
    if (missing.length > 0) await this.#makeCertificates(signal);
    const failed = new Map<string, ToolkitError>();
    await pMap(
      missing,
      async ({ name }) => {
        const host = hosts.get(name);
        try {
          await using _lock = await this.#begun.lock(name);
          // Again, because another command may have come to its end since.
          if (await this.#begun.has(name)) await this.#removeRest(name, options);
          if (host?.isEngineStopped) await startEngine(name, host, trial);
          await this.#createOne(name, [...sizes, ...(host ? genericFlags(host) : [])], options);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof ToolkitError)) throw error;
          failed.set(name, error);
        }
      },
      { concurrency: MAKERS },
    );
    if (failed.size > 0) throw summarize(failed, missing);
    return requests.map((request) => ({ name: request.name, isNew: missing.includes(request) }));
  }

  async remove(reference: string, signal: AbortSignal): Promise<void> {
    const name = checkMachineName(reference, 'machine');
    const { madeFor } = await this.#cli.inspect(name, signal);
    if (madeFor === undefined) {
      throw new InvalidStateError(`Cannot remove the machine ${name}: spark-swarm did not make it`, {
        hint: `docker-machine rm ${name}`,
      });
    }
    await using _lock = await this.#begun.lock(name, `Cannot remove the machine ${name}: `);
    const { isGone, seen } = await this.#rm(name, signal, { force: false });
    if (!isGone) {
      throw new InvalidStateError(`Cannot remove the machine ${name}: ${seen}`, { hint: `docker-machine rm ${name}` });
    }
    await this.#begun.end(name);
  }

  /** What `create` takes with this driver. @throws UsageError for a driver that is not there; NotFoundError */
  async #readFlags(driver: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(driver))
      throw new UsageError(`--driver: got ${JSON.stringify(driver)}; expected the name of a driver, like virtualbox`);
    const { status, stdout, stderr } = await this.#cli.run(helpArguments(driver), { signal });
    if (status === 0) return parseFlags(stdout);
    const { kind, seen, hint } = explainMachine(stderr, { name: '', driver });
    if (kind === 'missing-plugin') throw new UsageError(`--driver: ${seen}`, { hint });
    throw new InvalidStateError(`Cannot ask docker-machine for the flags of the driver ${driver}: ${seen}`, { hint });
  }

  /** Before machines are made side by side: the first ones on a fresh store would each make certificates of their own. */
  async #makeCertificates(signal: AbortSignal): Promise<void> {
    const isThere = CERTIFICATES.every((file) => existsSync(path.join(this.#cli.store, 'certs', file)));
    if (isThere) return;
    const about = { signal, machine: BOOTSTRAP_MACHINE };
    // One that was interrupted may have left its entry.
    await this.#cli.run(removeArguments(BOOTSTRAP_MACHINE, { force: true }), about);
    const { status, stderr } = await this.#cli.run(bootstrapArguments(), about);
    await this.#cli.run(removeArguments(BOOTSTRAP_MACHINE, { force: true }), about);
    if (status === 0) return;
    const { seen } = explainMachine(stderr, { name: BOOTSTRAP_MACHINE, driver: 'none' });
    throw new InvalidStateError(`Cannot make docker-machine's certificates in ${this.#cli.store}: ${seen}`);
  }

  async #createOne(name: string, ownFlags: readonly string[], options: CreateOptions): Promise<void> {
    const { driver, driverFlags, swarm, progress, signal } = options;
    const limitMs = this.#options.createLimitMs ?? (driver === 'generic' ? GENERIC_LIMIT_MS : CREATE_LIMIT_MS);
    await this.#begun.begin(name);
    try {
      const { status, stderr } = await this.#cli.run(createArguments({ name, swarm, driver, ownFlags, driverFlags }), {
        signal,
        limitMs,
        machine: name,
        onLine: (line) => {
          const detail = createDetail(line);
          if (detail !== undefined) progress(name, detail);
        },
      });
      if (status !== 0) throw createFailure(stderr, name, driver);
    } catch (error) {
      // Interrupted: the next run finds that it had begun.
      signal.throwIfAborted();
      if (!(error instanceof ToolkitError)) throw error;
      // Somebody has made one of that name meanwhile.
      if (error instanceof ConflictError) await this.#begun.end(name);
      else await this.#removeFailed(name, options, error);
      throw error;
    }
    await this.#begun.end(name);
  }

  /** @throws the failure of the `create`, with that of the removal */
  async #removeFailed(name: string, options: CreateOptions, failure: ToolkitError): Promise<void> {
    try {
      await this.#removeRest(name, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ToolkitError)) throw error;
      throw failAs([failure], `${failure.message}; and ${error.message}`, { cause: failure, ...hintOf([error]) });
    }
  }

  /**
   * What a `create` that did not come to its end has left: the entry, and with it whatever the driver has made.
   *
   * The entry goes by force only where there is no machine behind it, or nobody can know: a machine that a provider still
   * charges for must not be forgotten.
   *
   * @throws ConflictError if the machine is another's; InvalidStateError if it is still there, and then it counts as begun
   */
  async #removeRest(name: string, { swarm, signal }: Pick<CreateOptions, 'swarm' | 'signal'>): Promise<void> {
    const entry = await this.#readEntry(name, signal);
    if (entry && entry.madeFor !== swarm) {
      await this.#begun.end(name);
      const maker =
        entry.madeFor === undefined ? 'spark-swarm did not make it' : `it is of the swarm "${entry.madeFor}"`;
      throw new ConflictError(`docker-machine has a machine of that name by now, and ${maker}`, {
        hint: `docker-machine inspect ${name}`,
      });
    }
    let end = await this.#rm(name, signal, { force: entry === undefined });
    if (!end.isGone && findsNoMachine(end.stderr)) end = await this.#rm(name, signal, { force: true });
    if (!end.isGone) {
      throw new InvalidStateError(`what an unfinished create has left cannot be removed: ${end.seen}`, {
        hint: `docker-machine rm ${name}`,
      });
    }
    await this.#begun.end(name);
  }

  /** @returns `undefined` where there is no entry, or none that can be read */
  async #readEntry(name: string, signal: AbortSignal): Promise<InspectedMachine | undefined> {
    if (!this.#hasEntry(name)) return undefined;
    try {
      return await this.#cli.inspect(name, signal);
    } catch (error) {
      if (error instanceof InvalidStateError || error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async #rm(name: string, signal: AbortSignal, options: { readonly force: boolean }): Promise<Removal> {
    if (!this.#hasEntry(name)) return { isGone: true, seen: '', stderr: '' };
    const about = { signal, machine: name, limitMs: REMOVE_LIMIT_MS };
    const { stderr } = await this.#cli.run(removeArguments(name, options), about);
    return { isGone: !this.#hasEntry(name), seen: explainMachine(stderr, { name, driver: '' }).seen, stderr };
  }

  /** By its folder: `rm` also ends with 0 where nothing was removed, and `ls` does not list an entry that was never complete. */
  #hasEntry(name: string): boolean {
    return existsSync(path.join(this.#cli.store, 'machines', name));
  }
}

interface Removal {
  readonly isGone: boolean;
  /** Why it is not. */
  readonly seen: string;
  readonly stderr: string;
}

function createFailure(stderr: string, name: string, driver: string): ToolkitError {
  const { kind, seen, hint } = explainMachine(stderr, { name, driver });
  if (kind === 'usage') return new UsageError(seen, { hint });
  if (kind === 'not-found') return new NotFoundError(seen, { hint });
  if (kind === 'exists') return new ConflictError(seen, { hint });
  return new InvalidStateError(seen, { hint });
}

function summarize(failed: ReadonlyMap<string, ToolkitError>, asked: readonly CreateRequest[]): ToolkitError {
  const inOrder = asked.flatMap(({ name }) => {
    const cause = failed.get(name);
    return cause ? [{ name, cause }] : [];
  });
  const causes = inOrder.map(({ cause }) => cause);
  const list = inOrder.map(({ name, cause }) => `${name}: ${cause.message}`);
  const text =
    failed.size === 1
      ? `Cannot make the machine ${list[0] ?? ''}`
      : `Cannot make ${failed.size} of ${asked.length} machines:\n${list.map((line) => `  ${line}`).join('\n')}`;
  return failAs(causes, text, { cause: causes[0], ...hintOf(causes) });
}

const KINDS = [UsageError, ConflictError, UnreachableError, WaitTimeoutError] as const;

/** The exit status says what all failures are, if they are alike. */
function failAs(causes: readonly ToolkitError[], message: string, details: ErrorDetails): ToolkitError {
  const Kind = KINDS.find((kind) => causes.every((cause) => cause instanceof kind)) ?? InvalidStateError;
  return new Kind(message, details);
}

function hintOf(causes: readonly ToolkitError[]): ErrorDetails {
  const hints = new Set(causes.flatMap(({ hint }) => (hint === undefined ? [] : [hint])));
  return hints.size === 0 ? {} : { hint: [...hints].join('; ') };
}
