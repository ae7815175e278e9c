import type { ClockReading } from './facts.ts';

/** How far one clock is from the others'. */
export interface ClockSkew {
  readonly name: string;
  /** Most likely; positive: ahead. Milliseconds. */
  readonly skewMs: number;
  /** It may be so much more or less. */
  readonly errorMs: number;
  /** It is certainly at least so much, in either direction. */
  readonly leastMs: number;
  /** Whose clock it was compared with. */
  readonly reference: string;
}

/**
 * What an answer tells of a clock: it was read after the question was sent, and before the answer was here.
 *
 * @param remoteMs what the other clock said; @param precisionMs it may have been so much later
 */
export function clockBounds(
  remoteMs: number,
  { sentMs, receivedMs }: { readonly sentMs: number; readonly receivedMs: number },
  precisionMs = 0,
): ClockReading {
  return { earliestMs: remoteMs - receivedMs, latestMs: remoteMs + precisionMs - sentMs };
}

/** Two answers together: what both allow. Where a clock was set in between, the closer one counts. */
export function combineClocks(
  one: ClockReading | undefined,
  other: ClockReading | undefined,
): ClockReading | undefined {
  if (!one || !other) return one ?? other;
  const both = {
    earliestMs: Math.max(one.earliestMs, other.earliestMs),
    latestMs: Math.min(one.latestMs, other.latestMs),
  };
  if (both.earliestMs <= both.latestMs) return both;
  return widthOf(one) < widthOf(other) ? one : other;
}

/**
 * Each clock against the one in the middle; of two in the middle, against the one that is nearer to this machine's.
 * Empty for fewer than two clocks.
 */
export function compareClocks(
  clocks: readonly { readonly name: string; readonly clock: ClockReading }[],
): readonly ClockSkew[] {
  const sorted = clocks.toSorted((a, b) => middleOf(a.clock) - middleOf(b.clock));
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (!lower || !upper || clocks.length < 2) return [];
  const reference = Math.abs(middleOf(lower.clock)) <= Math.abs(middleOf(upper.clock)) ? lower : upper;
  return clocks.map(({ name, clock }) => {
    const earliest = clock.earliestMs - reference.clock.latestMs;
    const latest = clock.latestMs - reference.clock.earliestMs;
    return {
      name,
      skewMs: (earliest + latest) / 2,
      errorMs: (latest - earliest) / 2,
      leastMs: name === reference.name ? 0 : Math.max(0, earliest, -latest),
      reference: reference.name,
    };
  });
}

function middleOf({ earliestMs, latestMs }: ClockReading): number {
  return (earliestMs + latestMs) / 2;
}

function widthOf({ earliestMs, latestMs }: ClockReading): number {
  return latestMs - earliestMs;
}
