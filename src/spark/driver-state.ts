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
  return textOf((read(text) as { readonly spark?: unknown } | null | undefined)?.spark);
}

/** Shape: `{"sparkProperties": [["spark.app.name", "endless"], …], …}`. @returns `undefined` if it is not that */
export function parseDriverProperties(text: string): Readonly<Record<string, string>> | undefined {
  const raw = read(text) as { readonly sparkProperties?: unknown } | null | undefined;
  if (!Array.isArray(raw?.sparkProperties)) return undefined;
  return Object.fromEntries((raw.sparkProperties as readonly unknown[]).filter(isPair));
}

/** Shape: `[{"stageId": 3, "attemptId": 0, "failureReason": "Job aborted …"}, …]`, from `stages?status=failed`. */
export function parseStageFailures(text: string): readonly StageFailure[] {
  return readList(text)
    .map((stage) => ({ stageId: Number(stage['stageId']), reason: textOf(stage['failureReason']) }))
    .toSorted((a, b) => b.stageId - a.stageId);
}

/** State of the newest job of an application: `RUNNING`, `SUCCEEDED`, `FAILED`, `UNKNOWN`; empty when there is none. */
export function parseNewestJobState(text: string): string {
  return textOf(readList(text).toSorted((a, b) => Number(b['jobId']) - Number(a['jobId']))[0]?.['status']);
}

// Anybody can be a driver: what is of another shape is left out.

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function readList(text: string): readonly Readonly<Record<string, unknown>>[] {
  const raw = read(text);
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [];
  return list.filter((each): each is Readonly<Record<string, unknown>> => typeof each === 'object' && each !== null);
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
