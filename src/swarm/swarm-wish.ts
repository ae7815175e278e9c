import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import type { Shell } from '../adapters/shell/shell.ts';

import type { MachineScripts } from '../machines/machine-scripts.ts';
import type { Report } from '../events.ts';
import type { HostAddress, MachineSize, MachineSource, MachineSourceKind } from '../machines/machine.ts';

/** Machines of one source, to be made or taken as they are. */
export type MachineWish =
  | { readonly source: 'ssh'; readonly hosts: readonly HostAddress[] }
  | { readonly source: 'lab'; readonly nodes: readonly string[] }
  | {
      readonly source: 'docker-machine';
      readonly names: readonly string[];
      /** Machines that are not there are made; `undefined`: they are taken as they are. */
      readonly create: MakeMachines | undefined;
    };

export interface MakeMachines {
  /** docker-machine's `--driver`. */
  readonly driver: string;
  readonly size: MachineSize;
  /** The driver's own flags. */
  readonly driverFlags: readonly string[];
  /** For drivers that take existing hosts (`generic`): one for each name. Otherwise empty. */
  readonly hosts: readonly HostAddress[];
}

/** What `swarm create` and `swarm join` are asked for. */
export interface SwarmWish {
  readonly name: string;
  /** Several sources in one swarm are fine. */
  readonly machines: readonly MachineWish[];
  /** Default: as many as the swarm has, else 1. */
  readonly managers?: number | undefined;
  /** Managers get no tasks of clusters; `undefined`: as it is. */
  readonly drainManagers?: boolean | undefined;
  /** An IP (one machine), a network interface, or a subnet. */
  readonly advertiseAddress?: string | undefined;
  /** Engines that are missing are installed from the machine's own packages. */
  readonly installEngine?: boolean;
  /** Who joins stays drained and marked as joining: it has the images, and whoever asked for it makes it active. */
  readonly holdsNewcomers?: boolean;
  /** Nothing is changed; the result says what would be. */
  readonly dryRun?: boolean;
}

/** Everything a swarm is made and read with. Put together in `connections/swarm-tools.ts`. */
export interface SwarmTools {
  /** Where `docker context` runs. */
  readonly shell: Shell;
  readonly scripts: MachineScripts;
  openSource(kind: MachineSourceKind): Promise<MachineSource>;
  /** The engine of a docker context. @throws NotFoundError */
  openContext(name: string): Promise<EngineTarget>;
  /** The engines of a swarm's ready nodes by node id, found by their labels, or why one cannot be reached. */
  reachEngines(manager: EngineApi): Promise<ReadonlyMap<string, ReachedEngine>>;
  /** Whether somebody listens there; answers within 1.5 s. */
  acceptsConnection(address: string, port: number): Promise<boolean>;
  /** This machine's own engine, which may have images that no node has; `undefined` where it does not answer. */
  openLocalEngine(): Promise<EngineApi | undefined>;
}

/** The engine of a node, or why it cannot be reached. */
export type ReachedEngine =
  { readonly api: EngineApi; readonly failure?: never } | { readonly api?: never; readonly failure: string };

export interface SwarmRun {
  readonly report: Report;
  readonly signal: AbortSignal;
}
