import type { EngineApi } from '../adapters/engine/engine-api.ts';

/** Where machines come from: a fourth source is one more word here and one file in `adapters/machines/`. */
export const MACHINE_SOURCES = ['docker-machine', 'ssh', 'lab'] as const;

export type MachineSourceKind = (typeof MACHINE_SOURCES)[number];

/** A VM, a host or a lab's node, open for work: commands run on it, and its engine answers. */
export interface Machine extends AsyncDisposable {
  /** How messages name it, unique among the machines of one command: `myvm1`, `10.0.0.4`, `lab-2`. */
  readonly name: string;
  readonly source: MachineSourceKind;
  /** What the source finds it by again, as the node label holds it: `myvm1`, `root@10.0.0.4:22`, `lab-2`. */
  readonly reference: string;
  readonly access: EngineAccess;
  readonly shell: MachineShell;
  /** Its engine, whether it answers or not. */
  readonly engine: EngineApi;
}

/** How an engine is reached: what a node label says, and what a docker context is made of. */
export interface EngineAccess {
  /** A DOCKER_HOST value: `unix:///…`, `ssh://root@10.0.0.4:22`, `tcp://10.0.0.4:2376`. */
  readonly host: string;
  /** Files of the operator's own client certificate; for `tcp://` only. */
  readonly tls: TlsFiles | undefined;
}

export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Programs on a machine, as its administrator: directly as root, else by `sudo -n`. */
export interface MachineShell {
  /** How messages name the place: `root@10.0.0.4`, `myvm1 (docker-machine)`. */
  readonly host: string;

  /**
   * Runs a POSIX shell script and waits for its end. The script travels on standard input, so it is in no argument list.
   *
   * @returns the script's exit status, whatever it is
   * @throws UnreachableError if the machine cannot be entered (host, port, host key, user, key), or `timeoutMs` has passed;
   * the signal's reason
   */
  runScript(script: string, options: ScriptOptions): Promise<ScriptResult>;

  /**
   * The next script logs in anew: what the user may do since then holds for it. What runs goes on. Missing where nobody logs in.
   */
  renew?(): Promise<void>;

  /**
   * Runs one program with this process's own input and output: `machines ssh`.
   * @param argv empty for a login shell
   * @returns its exit status
   * @throws UnreachableError as `runScript`
   */
  attach(argv: readonly string[], options: { readonly signal: AbortSignal }): Promise<number>;
}

export interface ScriptOptions {
  /** The script's `$1`, `$2`, … */
  readonly args?: readonly string[];
  /** False: as the user who logs in. Default true: as root. */
  readonly asRoot?: boolean;
  /** Each line of standard output as it comes, for progress. */
  readonly onLine?: (line: string) => void;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface ScriptResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One place where machines come from. */
export interface MachineSource {
  readonly kind: MachineSourceKind;

  /** Every machine that the source knows by itself; asks no machine. */
  list(signal: AbortSignal): Promise<readonly KnownMachine[]>;

  /**
   * Opens a machine: finds out how it is reached, and dials nobody yet.
   * @throws NotFoundError, UsageError
   */
  open(reference: string, signal: AbortSignal): Promise<Machine>;

  /** How machines are made and taken away; `undefined` where they can only be taken as they are. */
  readonly maker: MachineMaker | undefined;
}

/** A machine as its source lists it. */
export interface KnownMachine {
  readonly name: string;
  readonly source: MachineSourceKind;
  readonly reference: string;
  /** DOCKER_HOST value of its engine, where the source knows it. */
  readonly engineHost: string | undefined;
  /** The source's own word for how it is made: `virtualbox`, `generic`; `undefined` where there is none. */
  readonly driver: string | undefined;
  /** Whether a command of ours made it: only such a machine is ever removed. */
  readonly isOurs: boolean;
  /** Name of the swarm that it was made for, where the source knows it. */
  readonly madeFor?: string | undefined;
}

/** Makes machines and takes away what it made. */
export interface MachineMaker {
  /**
   * Makes what is missing of these, several at a time; one that is there is kept, one that a broken run left is made anew.
   * @throws UsageError before anything is made; ToolkitError naming each machine that failed, when all others are done
   */
  create(requests: readonly CreateRequest[], options: CreateOptions): Promise<readonly CreatedMachine[]>;

  /** @throws NotFoundError; InvalidStateError for a machine that we did not make */
  remove(reference: string, signal: AbortSignal): Promise<void>;
}

export interface CreateRequest {
  readonly name: string;
  /** For drivers that take an existing host (`generic`). */
  readonly host: HostAddress | undefined;
}

export interface CreatedMachine {
  readonly name: string;
  /** False when it was there. */
  readonly isNew: boolean;
}

export interface CreateOptions {
  /** Name of the swarm they are made for: marks them as ours. */
  readonly swarm: string;
  /** docker-machine's `--driver`. */
  readonly driver: string;
  readonly size: MachineSize;
  /** The driver's own flags, passed on as they are. */
  readonly driverFlags: readonly string[];
  /** One short line about one machine. */
  readonly progress: (machine: string, detail: string) => void;
  readonly signal: AbortSignal;
}

export interface MachineSize {
  readonly cores: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly diskBytes: number | undefined;
}

/** A host as a user names it. */
export interface HostAddress {
  /** `undefined`: what ~/.ssh/config says, else the user of this machine. */
  readonly user: string | undefined;
  /** A name, an alias of ~/.ssh/config, or an address. */
  readonly host: string;
  readonly port: number | undefined;
}
