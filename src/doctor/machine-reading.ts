/** What is read of this machine without asking any engine. By `adapters/doctor/read-machine.ts`. */
export interface MachineReading {
  readonly platform: string;
  /** `20.20.2`. */
  readonly nodeVersion: string;
  /** `undefined` where the kernel does not say (macOS). */
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | undefined;
  /** Interface of the default route; `undefined` without one. */
  readonly defaultInterface: string | undefined;
  /** Its MTU, bytes. */
  readonly mtu: number;
  /** Names of the proxy variables that are set; their values may hold passwords. */
  readonly proxyVariables: readonly string[];
  /** Variables that name a file of certificates. */
  readonly caFiles: readonly CaFile[];
  readonly dockerConfig: DockerConfigReading;
  readonly programs: ProgramsReading;
}

export interface CaFile {
  readonly variable: string;
  readonly file: string;
  readonly isReadable: boolean;
}

/** `config.json` of the docker command line. */
export type DockerConfigReading =
  | { readonly state: 'none'; readonly file: string }
  | { readonly state: 'broken'; readonly file: string; readonly seen: string }
  | {
      readonly state: 'read';
      readonly file: string;
      readonly currentContext: string | undefined;
      /** Whether containers are given proxies by it. */
      readonly hasProxies: boolean;
      /** Programs that it names for passwords, and which of them are on PATH. */
      readonly helpers: readonly { readonly program: string; readonly isThere: boolean }[];
    };

/** Versions as the programs print them; `undefined` for one that is not there or does not run. */
export interface ProgramsReading {
  /** `28.2.2`. */
  readonly docker: string | undefined;
  /** `2.26.1-4`. */
  readonly compose: string | undefined;
  /** The older program of its own, `docker-compose`. */
  readonly dockerCompose: string | undefined;
  readonly buildx: string | undefined;
  /** What installs Compose on this system. */
  readonly composeHint: string;
  /** What the command line said when it asked the engine; empty when they understand each other. */
  readonly refusal: string;
}

/** What an engine says of itself, or why it does not. */
export type EngineReading = AnsweringEngine | BusyEngine | SilentEngine;

/** It answers, but does not tell of itself in time: a manager without a majority takes 20 s for that (measured on 26.1). */
export interface BusyEngine {
  readonly state: 'busy';
  readonly name: string;
  readonly isLocal: boolean;
  readonly version: string;
  readonly apiVersion: string;
}

export interface AnsweringEngine {
  readonly state: 'answers';
  /** As messages name it. */
  readonly name: string;
  /** True for a socket of this machine: its disk and its bridge are this machine's. */
  readonly isLocal: boolean;
  readonly version: string;
  readonly apiVersion: string;
  readonly storageDriver: string;
  readonly cgroupVersion: string;
  readonly hasMemoryLimit: boolean;
  readonly usesContainerdStore: boolean;
  /** `rootless`, `userns`: of `name=…` in what the engine calls its security options. */
  readonly securityOptions: readonly string[];
  readonly hasProxy: boolean;
  readonly rootFolder: string;
  /** Of the disk that holds it; `undefined` where that is another machine's. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  /** MTU of the network `bridge`, bytes; `undefined` without one. */
  readonly bridgeMtu: number | undefined;
  /** Its clock less this machine's, in milliseconds, to half the time that the question took. */
  readonly clockAheadMs: number;
  readonly clockErrorMs: number;
}

export interface SilentEngine {
  readonly state: 'silent';
  readonly name: string;
  readonly isLocal: boolean;
  readonly why: 'no socket' | 'refused' | 'not allowed' | 'no answer' | 'other';
  /** In the system's words. */
  readonly seen: string;
}
