/** What a worker says of itself at `http://<worker>:8081/json/`. Source: deploy/JsonProtocol.scala, `writeWorkerState`. */
export interface WorkerState {
  readonly id: string;
  readonly coresUsed: number;
  /** Executors whose processes still run on this worker. */
  readonly executorCount: number;
}

/** @returns `undefined` if the text is not a worker's state */
export function parseWorkerState(text: string): WorkerState | undefined {
  try {
    const raw = JSON.parse(text) as { id: string; coresused: number; executors: readonly unknown[] };
    if (typeof raw.id !== 'string' || !Array.isArray(raw.executors)) return undefined;
    return { id: raw.id, coresUsed: raw.coresused, executorCount: raw.executors.length };
  } catch {
    return undefined;
  }
}
