/** The parts of a compose file that we read and write, after Docker has resolved it (`docker stack config`, `docker compose config`). */
export interface ComposeDocument {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: Readonly<Record<string, ComposeNetwork | null>>;
  readonly volumes?: Readonly<Record<string, ComposeVolume | null>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
  readonly configs?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface ComposeVolume {
  readonly name?: string;
  readonly external?: unknown;
  readonly labels?: Labels;
}

export interface ComposeNetwork {
  readonly name?: string;
  readonly external?: unknown;
  readonly driver?: string;
  readonly attachable?: boolean;
  readonly labels?: Labels;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export interface ComposeService {
  readonly image?: string;
  readonly hostname?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly labels?: Labels;
  readonly ports?: readonly ComposePort[];
  readonly volumes?: readonly ComposeVolumeMount[];
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly unknown[];
  readonly configs?: readonly unknown[];
  readonly deploy?: ComposeDeploy;
  readonly [key: string]: unknown;
}

export interface ComposePort {
  readonly target: number;
  /** Compose writes it as text, a stack as a number. */
  readonly published?: number | string;
  readonly host_ip?: string;
  readonly mode?: string;
  readonly protocol?: string;
}

export interface ComposeVolumeMount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly [key: string]: unknown;
}

export interface ComposeDeploy {
  readonly replicas?: number;
  readonly labels?: Labels;
  readonly resources?: { readonly limits?: ComposeResources; readonly reservations?: ComposeResources };
  readonly placement?: { readonly constraints?: readonly string[]; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** Cores as text, memory as text with a unit or in bytes: the file format's own way. */
export interface ComposeResources {
  readonly cpus?: string;
  readonly memory?: string;
}

export type Labels = Readonly<Record<string, string>>;
