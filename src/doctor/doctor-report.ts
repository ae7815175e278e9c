import type { CheckedResult, CheckResult } from './check.ts';
import type { OverlayReport } from './overlay.ts';
import type { DoctorFinding } from './problems.ts';

/** What `doctor -o json` prints. Fields are added, never changed or taken away, within one schema version. */
export interface DoctorReport {
  readonly schemaVersion: 1;
  /** Nothing stands in the way: warnings and notes do not. */
  readonly healthy: boolean;
  readonly checks: readonly CheckResult[];
  readonly findings: readonly ReportedFinding[];
  /** `null` when the network between the nodes was not measured. */
  readonly overlay: OverlayReport | null;
}

export interface ReportedFinding extends DoctorFinding {
  /** The check that found it, by its `id` in `checks`. */
  readonly check: string;
}

/** @param network the check of the network between nodes, which is not among the others: it makes things */
export function makeReport(
  checked: readonly CheckedResult[],
  network: { readonly result: CheckResult; readonly overlay: OverlayReport | undefined },
): DoctorReport {
  const findings = [
    ...checked.flatMap(({ result, findings: own }) => own.map((finding) => ({ ...finding, check: result.id }))),
    ...(network.overlay?.findings ?? []).map((finding) => ({ ...finding, check: network.result.id })),
  ];
  const checks = checked.map(({ result }) => result);
  const lastOfSwarm = checks.findLastIndex(({ group }) => group === 'swarm');
  return {
    schemaVersion: 1,
    healthy: findings.every(({ severity }) => severity !== 'error'),
    checks: checks.toSpliced(lastOfSwarm + 1, 0, network.result),
    findings,
    overlay: network.overlay ?? null,
  };
}

/** The check of the network as a line of the list. */
export function networkResult(overlay: OverlayReport | string, durationMs: number): CheckResult {
  const known = { id: 'overlay', group: 'swarm', title: 'overlay network', durationMs } as const;
  if (typeof overlay === 'string') return { ...known, state: 'skipped', detail: overlay, findings: [] };
  const { findings, pairs, interfaceMtu } = overlay;
  const good = pairs.filter(({ reach }) => reach === 'ok').length;
  const ids = [...new Set(findings.map(({ id }) => id))];
  return {
    ...known,
    state: findings.some(({ severity }) => severity === 'error') ? 'error' : findings.length > 0 ? 'warning' : 'ok',
    detail: `${good} of ${pairs.length} ways between nodes are well, packets of ${interfaceMtu ?? 0} bytes`,
    findings: ids,
  };
}
