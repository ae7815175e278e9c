import { ToolkitError } from '../errors.ts';
import { forMany } from '../signals.ts';
import type { DoctorFinding } from './problems.ts';

export const CHECK_GROUPS = ['machine', 'context', 'swarm', 'clusters'] as const;

export type CheckGroup = (typeof CHECK_GROUPS)[number];

/** One thing that is looked at. `Tools` reads the world; what was read is judged by a function without it. */
export interface Check<Tools> {
  /** Stable name, unique: `mtu`. */
  readonly id: string;
  readonly group: CheckGroup;
  /** What a person reads: `packet size`. */
  readonly title: string;
  run(tools: Tools, signal: AbortSignal): Promise<Outcome>;
}

/** What came of a check. */
export interface Outcome {
  readonly findings: readonly DoctorFinding[];
  /** What was measured, short: `20.10.24, API 1.41`. Of a check without findings this is all there is to say. */
  readonly detail: string | undefined;
  /** There was nothing to look at, and `detail` says why. */
  readonly isSkipped: boolean;
}

/** All is well. */
export function fine(detail: string): Outcome {
  return { findings: [], detail, isSkipped: false };
}

/** Something was found; without findings it is {@link fine}. */
export function found(findings: readonly DoctorFinding[], detail?: string): Outcome {
  return { findings, detail, isSkipped: false };
}

/** There is nothing to look at. */
export function passedOver(why: string): Outcome {
  return { findings: [], detail: why, isSkipped: true };
}

const NOT_KNOWN = 'not known';

/** The detail of what could not be looked at. */
export function notKnown(why?: string): string {
  return why === undefined ? NOT_KNOWN : `${NOT_KNOWN}: ${why}`;
}

/** There may be something, and it could not be looked at. */
export function isNotKnown({ state, detail }: Pick<CheckResult, 'state' | 'detail'>): boolean {
  return state === 'skipped' && (detail?.startsWith(NOT_KNOWN) ?? false);
}

export type CheckState = 'ok' | 'note' | 'warning' | 'error' | 'skipped';

/** A check as `doctor -o json` shows it. */
export interface CheckResult {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  /** The worst of its findings. */
  readonly state: CheckState;
  readonly detail: string | null;
  /** Ids of its findings. */
  readonly findings: readonly string[];
  readonly durationMs: number;
}

export interface CheckedResult {
  readonly result: CheckResult;
  readonly findings: readonly DoctorFinding[];
}

/** A check that takes longer is given up: what hangs is named by another one, which asks less. */
export const CHECK_LIMIT_MS = 8000;

/**
 * Runs all checks at the same time, each within its own limit. One that cannot be done is no finding: it is shown as
 * skipped, with the reason.
 *
 * @throws the signal's reason, and what is no ToolkitError
 */
export async function runChecks<Tools>(
  checks: readonly Check<Tools>[],
  tools: Tools,
  { signal, limitMs = CHECK_LIMIT_MS }: { readonly signal: AbortSignal; readonly limitMs?: number },
): Promise<readonly CheckedResult[]> {
  return Promise.all(checks.map(async (check) => runCheck(check, tools, { signal, limitMs })));
}

async function runCheck<Tools>(
  check: Check<Tools>,
  tools: Tools,
  { signal, limitMs }: { readonly signal: AbortSignal; readonly limitMs: number },
): Promise<CheckedResult> {
  const startedAt = performance.now();
  const outcome = await withLimit(check, tools, { signal, limitMs });
  const { id, group, title } = check;
  return {
    result: {
      id,
      group,
      title,
      state: outcome.isSkipped ? 'skipped' : worstOf(outcome.findings),
      detail: outcome.detail ?? null,
      findings: outcome.findings.map((finding) => finding.id),
      durationMs: Math.round(performance.now() - startedAt),
    },
    findings: outcome.findings,
  };
}

async function withLimit<Tools>(
  check: Check<Tools>,
  tools: Tools,
  { signal, limitMs }: { readonly signal: AbortSignal; readonly limitMs: number },
): Promise<Outcome> {
  const limit = new AbortController();
  const gaveUp = new Promise<Outcome>((resolve) => {
    const timer = setTimeout(() => {
      resolve(passedOver(notKnown(`no answer within ${limitMs / 1000} s`)));
      limit.abort(new Error('the check took too long'));
    }, limitMs);
    limit.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const work = check.run(tools, forMany(AbortSignal.any([signal, limit.signal])));
  // Of one that was given up nobody hears any more.
  work.catch(() => {});
  try {
    return await Promise.race([work, gaveUp]);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolkitError) return passedOver(notKnown(firstSentence(error)));
    throw error;
  } finally {
    limit.abort();
  }
}

/** Of what an engine says the first sentence is enough here; the finding about it has it all. */
export function firstSentence({ message }: Error): string {
  return message.split(/\n|\. /)[0] ?? '';
}

const SEVERITIES = ['error', 'warning', 'note'] as const;

function worstOf(findings: readonly DoctorFinding[]): CheckState {
  return SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity)) ?? 'ok';
}
