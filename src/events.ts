/**
 * What happens while a command works. The library reports events; the command line prints them.
 *
 * A flow announces its steps first (`steps`), then each step starts and ends. `detail` is one short line: what is
 * being waited for and what was last seen, or how much of how much.
 */
export type ProgressEvent =
  /** `concurrent`: they run at the same time, and each ends when it is done. */
  | { readonly type: 'steps'; readonly steps: readonly StepTitle[]; readonly concurrent?: true }
  | { readonly type: 'step-started'; readonly id: string }
  | { readonly type: 'step-progress'; readonly id: string; readonly detail: string; readonly bytes?: TransferredBytes }
  | {
      readonly type: 'step-done';
      readonly id: string;
      readonly durationMs: number;
      readonly detail: string | undefined;
    }
  | { readonly type: 'step-skipped'; readonly id: string; readonly reason: string }
  | { readonly type: 'step-failed'; readonly id: string; readonly durationMs: number; readonly message: string }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'warning'; readonly message: string };

/** How far something that is brought to a machine has come. */
export interface TransferredBytes {
  readonly sent: number;
  /** Not sent, because the machine had them. */
  readonly reused: number;
}

export interface StepTitle {
  /** Stable name, unique in its flow: `image`, `deploy`, `ready`. */
  readonly id: string;
  /** What a person reads: `Deploy the stack "spark"`. */
  readonly title: string;
}

/** Where a flow reports its events. */
export type Report = (event: ProgressEvent) => void;

/** What one step of a flow may say while it runs. */
export interface StepContext {
  /** One short line that replaces the one before. */
  progress(detail: string): void;
  readonly signal: AbortSignal;
}

/**
 * One piece of a flow. `run` gives a short line for the report, or nothing.
 * Returning a {@link Skipped} says that there was nothing to do, and why.
 */
export interface FlowStep extends StepTitle {
  run(context: StepContext): Promise<string | Skipped | undefined | void>;
}

export interface Skipped {
  readonly skipped: string;
}

export function skipped(reason: string): Skipped {
  return { skipped: reason };
}

/** A report that keeps nothing: for library callers who do not listen. */
export const silent: Report = () => {};

/**
 * Runs the steps one after the other and reports each. Stops at the first that throws, or between two steps when the
 * signal is aborted; running the flow again converges, because every step reads before it acts.
 *
 * @throws whatever a step throws, unchanged
 */
export async function runSteps(steps: readonly FlowStep[], report: Report, signal: AbortSignal): Promise<void> {
  report({ type: 'steps', steps: steps.map(({ id, title }) => ({ id, title })) });
  for (const step of steps) {
    signal.throwIfAborted();
    await runStep(step, report, signal);
  }
}

async function runStep(step: FlowStep, report: Report, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedAt);
  report({ type: 'step-started', id: step.id });
  try {
    const result = await step.run({
      signal,
      progress: (detail) => report({ type: 'step-progress', id: step.id, detail }),
    });
    if (typeof result === 'object') report({ type: 'step-skipped', id: step.id, reason: result.skipped });
    else report({ type: 'step-done', id: step.id, durationMs: elapsedMs(), detail: result ?? undefined });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    report({ type: 'step-failed', id: step.id, durationMs: elapsedMs(), message });
    throw error;
  }
}
