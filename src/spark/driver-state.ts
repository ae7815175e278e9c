/** What a driver says of itself at `/api/v1`, through the master's port (`spark.ui.reverseProxy`). */
export interface DriverState {
  /** `4.2.1`; empty when it was not told. */
  readonly spark: string;
  /** Its properties, secrets redacted by Spark. */
  readonly properties: Readonly<Record<string, string>>;
  /** Why its stages have failed, the last one first. */
  readonly failures: readonly StageFailure[];
}

export interface StageFailure {
  readonly stageId: number;
  readonly reason: string;
}

/** Shape: `{"spark": "4.2.1"}`. Source: status/api/v1/api.scala, `VersionInfo`. */
export function parseDriverVersion(text: string): string {
  return (read(text) as { readonly spark?: string } | undefined)?.spark ?? '';
}

/** Shape: `{"sparkProperties": [["spark.app.name", "endless"], …], …}`. @returns `undefined` if it is not that */
export function parseDriverProperties(text: string): Readonly<Record<string, string>> | undefined {
  const raw = read(text) as { readonly sparkProperties?: readonly (readonly [string, string])[] } | undefined;
  return Array.isArray(raw?.sparkProperties) ? Object.fromEntries(raw.sparkProperties) : undefined;
}

/** Shape: `[{"stageId": 3, "attemptId": 0, "failureReason": "Job aborted …"}, …]`, from `stages?status=failed`. */
export function parseStageFailures(text: string): readonly StageFailure[] {
  const stages = readList(text) as readonly { readonly stageId: number; readonly failureReason?: string }[];
  return stages
    .map(({ stageId, failureReason = '' }) => ({ stageId, reason: failureReason }))
    .toSorted((a, b) => b.stageId - a.stageId);
}

/** State of the newest job of an application: `RUNNING`, `SUCCEEDED`, `FAILED`, `UNKNOWN`; empty when there is none. */
export function parseNewestJobState(text: string): string {
  const jobs = readList(text) as readonly { readonly jobId: number; readonly status: string }[];
  return jobs.toSorted((a, b) => b.jobId - a.jobId)[0]?.status ?? '';
}

function readList(text: string): readonly unknown[] {
  const raw = read(text);
  return Array.isArray(raw) ? raw : [];
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
