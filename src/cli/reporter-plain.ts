import type { ProgressEvent } from '../events.ts';
import { formatDuration } from '../units.ts';
import { ProgressFlows, type StepEvent } from './progress-flows.ts';

/** A build prints a line every few ms; a log that people read later wants to know that it goes on, no more. */
const PROGRESS_INTERVAL_MS = 2000;

interface PlainOptions {
  /** Every detail as it comes, instead of one every 2 s. */
  readonly verbose: boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Events as lines for a log: `[2/5] Build the image: done in 4.2 s (853 MB)`.
 *
 * @returns gives the line for an event, or `undefined` when there is nothing to say
 */
export function createPlainFormatter({ verbose, now }: PlainOptions): (event: ProgressEvent) => string | undefined {
  const flows = new ProgressFlows();
  const lastOf = new Map<string, { readonly text: string; readonly at: number }>();
  const stepLine = (event: StepEvent): string | undefined => {
    const { title, path } = flows.follow(event);
    const head = `${path.length === 0 ? '' : `[${path.join(' ')}] `}${title}`;
    if (event.type !== 'step-progress') {
      lastOf.delete(event.id);
      return `${head}${stepOutcome(event)}`;
    }
    const text = `${head}: ${event.detail}`;
    const last = lastOf.get(event.id);
    const isDue = last === undefined || now() - last.at >= PROGRESS_INTERVAL_MS;
    if (text === last?.text || !(verbose || isDue)) return undefined;
    lastOf.set(event.id, { text, at: now() });
    return text;
  };
  return (event) => {
    switch (event.type) {
      case 'steps':
        flows.open(event.steps);
        return undefined;
      case 'note':
        return event.message;
      case 'warning':
        return `warning: ${event.message}`;
      default:
        return stepLine(event);
    }
  };
}

/** What follows a step's title when it starts or ends. */
export function stepOutcome(event: Exclude<StepEvent, { readonly type: 'step-progress' }>): string {
  switch (event.type) {
    case 'step-started':
      return '';
    case 'step-done':
      return `: done in ${formatDuration(event.durationMs)}${event.detail === undefined ? '' : ` (${event.detail})`}`;
    case 'step-skipped':
      return `: nothing to do, ${event.reason}`;
    case 'step-failed':
      return `: failed after ${formatDuration(event.durationMs)}: ${event.message}`;
    default:
      return event satisfies never;
  }
}
