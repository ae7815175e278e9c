/** What a figure has to reach. Source: the project's performance marks, P1 to P17. */
export type Mark =
  /** Our time over the floor's. */
  | { readonly kind: 'ratio'; readonly most: number }
  /** Milliseconds above the floor. */
  | { readonly kind: 'excess'; readonly mostMs: number }
  /** The figure itself, in its own unit. */
  | { readonly kind: 'value'; readonly most: number };

export type Unit = 'ms' | 'bytes' | 'count';

/** One line of the table. */
export interface Figure {
  /** `P5`; several lines may belong to one mark. */
  readonly id: string;
  readonly title: string;
  /** What the floor does. */
  readonly floorTitle: string;
  readonly unit: Unit;
  readonly marks: readonly Mark[];
  /** One for each pair, in the order in which they were measured. */
  readonly samples: readonly number[];
  /** Of the same pairs; empty where the mark is a number of its own. */
  readonly floors: readonly number[];
  /** What a reader must know to judge the figure. */
  readonly note?: string;
}

export interface Verdict {
  readonly value: number;
  readonly floor: number | undefined;
  /** Median of the pairs' own ratios: what the machine does besides weighs on both sides of a pair. */
  readonly ratio: number | undefined;
  readonly excess: number | undefined;
  readonly isMet: boolean;
}

export function judge({ samples, floors, marks }: Figure): Verdict {
  const value = median(samples);
  const hasFloor = floors.length > 0;
  const pairs = samples.flatMap((sample, index) => {
    const floor = floors[index];
    return floor === undefined ? [] : [{ ratio: sample / floor, excess: sample - floor }];
  });
  const ratio = hasFloor ? median(pairs.map((pair) => pair.ratio)) : undefined;
  const excess = hasFloor ? median(pairs.map((pair) => pair.excess)) : undefined;
  const reaches = (mark: Mark): boolean => {
    switch (mark.kind) {
      case 'ratio':
        return ratio !== undefined && ratio <= mark.most;
      case 'excess':
        return excess !== undefined && excess <= mark.mostMs;
      case 'value':
        return value <= mark.most;
      default:
        return mark satisfies never;
    }
  };
  return { value, floor: hasFloor ? median(floors) : undefined, ratio, excess, isMet: marks.every(reaches) };
}

/** @throws RangeError if there is nothing to take it of */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}
