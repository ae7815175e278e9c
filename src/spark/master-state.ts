import { BYTES_PER_MIB } from '../units.ts';

/** As Spark spells it. Source: core/…/deploy/master/WorkerState.scala. */
export type SparkWorkerState = 'ALIVE' | 'DEAD' | 'DECOMMISSIONED' | 'UNKNOWN';

/**
 * The master's state, from the JSON it serves at `http://<master>:8080/json/`.
 *
 * Units: Spark gives memory in MiB; here it is bytes.
 * Source: deploy/JsonProtocol.scala, `writeMasterState` and `writeWorkerInfo`.
 */
export interface MasterState {
  /** `spark://host:port` as the master advertises itself. */
  readonly url: string;
  /** `STANDBY`, `ALIVE`, `RECOVERING` or `COMPLETING_RECOVERY`. */
  readonly status: string;
  /** Also those that are DEAD, which stay listed for a while. */
  readonly workers: readonly SparkWorker[];
  /** Running and waiting. */
  readonly applications: readonly SparkApplication[];
}

export interface SparkWorker {
  readonly id: string;
  readonly host: string;
  readonly state: SparkWorkerState;
  readonly cores: number;
  readonly coresUsed: number;
  readonly memoryBytes: number;
  readonly memoryUsedBytes: number;
}

export interface SparkApplication {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly state: string;
  /** Cores granted now. */
  readonly cores: number;
  readonly memoryPerExecutorBytes: number;
  readonly startedAt: string;
}

interface RawMasterState {
  readonly url: string;
  readonly status: string;
  readonly workers: readonly {
    readonly id: string;
    readonly host: string;
    readonly state: SparkWorkerState;
    readonly cores: number;
    readonly coresused: number;
    readonly memory: number;
    readonly memoryused: number;
  }[];
  readonly activeapps: readonly {
    readonly id: string;
    readonly name: string;
    readonly user: string;
    readonly state: string;
    readonly cores: number;
    readonly memoryperexecutor: number;
    readonly starttime: number;
  }[];
}

/** @returns `undefined` if the text is not a master's state: another program may answer on that port */
export function parseMasterState(text: string): MasterState | undefined {
  let raw: RawMasterState;
  try {
    raw = JSON.parse(text) as RawMasterState;
  } catch {
    return undefined;
  }
  if (typeof raw?.url !== 'string' || !Array.isArray(raw.workers) || !Array.isArray(raw.activeapps)) return undefined;
  return {
    url: raw.url,
    status: raw.status,
    workers: raw.workers.map((worker) => ({
      id: worker.id,
      host: worker.host,
      state: worker.state,
      cores: worker.cores,
      coresUsed: worker.coresused,
      memoryBytes: worker.memory * BYTES_PER_MIB,
      memoryUsedBytes: worker.memoryused * BYTES_PER_MIB,
    })),
    applications: raw.activeapps.map((app) => ({
      id: app.id,
      name: app.name,
      user: app.user,
      state: app.state,
      cores: app.cores,
      memoryPerExecutorBytes: app.memoryperexecutor * BYTES_PER_MIB,
      startedAt: new Date(app.starttime).toISOString(),
    })),
  };
}

/**
 * True when the master is ALIVE with exactly the asked workers ALIVE, each with the asked cores and memory (design D1).
 */
export function isSparkReady(state: MasterState, wanted: WantedWorkers): boolean {
  return (
    state.status === 'ALIVE' &&
    matchingWorkers(state, wanted) === wanted.count &&
    aliveWorkers(state).length === wanted.count
  );
}

export interface WantedWorkers {
  readonly count: number;
  /** `undefined` when nobody remembers what was asked: any size is right. */
  readonly cores: number | undefined;
  readonly memoryBytes: number | undefined;
}

export function aliveWorkers(state: MasterState): readonly SparkWorker[] {
  return state.workers.filter((worker) => worker.state === 'ALIVE');
}

function matchingWorkers(state: MasterState, { cores, memoryBytes }: WantedWorkers): number {
  return aliveWorkers(state).filter(
    (worker) =>
      (cores === undefined || worker.cores === cores) &&
      (memoryBytes === undefined || worker.memoryBytes === memoryBytes),
  ).length;
}

/** What was last seen, for a wait: `master ALIVE, 1 of 2 workers ALIVE`. */
export function formatReadiness(state: MasterState | undefined, wanted: WantedWorkers): string {
  if (!state) return 'the master does not answer yet';
  return `master ${state.status}, ${aliveWorkers(state).length} of ${wanted.count} workers ALIVE`;
}
