import type { SshFailureKind } from '../adapters/ssh/ssh-failure.ts';
import type { EngineReading } from './machine-reading.ts';

/** The engine that commands would use, and by whose word. By `adapters/doctor/read-context.ts`. */
export interface ContextReading {
  /** What named it; `default` where nothing did. */
  readonly chosenBy: '--context' | 'DOCKER_HOST' | 'DOCKER_CONTEXT' | 'current context' | 'default';
  /** Name of the context; `undefined` for a DOCKER_HOST. */
  readonly name: string | undefined;
  /** False for a context that docker does not know. */
  readonly exists: boolean;
  /** Why the context or DOCKER_HOST cannot be used at all, in our own words; empty when it can. */
  readonly refusal: string;
  /** DOCKER_HOST value. */
  readonly host: string;
  /** True where this is the engine of this machine, and no lab's node. */
  readonly isLocalEngine: boolean;
  /** `undefined` where there is none to ask. */
  readonly engine: EngineReading | undefined;
  /** Of a `tcp://` endpoint; `undefined` for others. */
  readonly tls: TlsReading | undefined;
  /** Of an `ssh://` endpoint; `undefined` for others. */
  readonly ssh: SshReading | undefined;
}

export interface TlsReading {
  readonly certificates: readonly CertificateReading[];
  /** Files that should be there and are not: `ca.pem`, `cert.pem`, `key.pem`. */
  readonly missing: readonly string[];
  /** Folder of the files. */
  readonly folder: string;
}

export interface CertificateReading {
  /** `ca.pem`, `cert.pem`; `the engine's own` for what the other side shows. */
  readonly file: string;
  /** Milliseconds since the epoch; `undefined` for a text that is no certificate. */
  readonly notAfterMs: number | undefined;
}

/** Why ssh, or docker behind it, does not come to an answer; see `adapters/ssh/ssh-failure.ts`. */
export interface SshReading {
  /** `undefined` when all is well. */
  readonly failure: { readonly kind: SshFailureKind; readonly seen: string; readonly hint: string } | undefined;
}

/** A context of ours besides the chosen one. */
export interface OtherContext {
  readonly name: string;
  /** What its description says it is for. */
  readonly kind: 'lab' | 'swarm';
  /** Name of that lab or swarm. */
  readonly place: string;
  readonly host: string;
  /** Why its engine does not answer; empty when it does. */
  readonly silence: string;
  /** Of a lab: nothing of it is left on this machine. */
  readonly isGone: boolean;
}
