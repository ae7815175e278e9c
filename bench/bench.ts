import type { BenchLab } from './bench-lab.ts';
import type { Figure } from './figures.ts';

/** What a group of figures is measured with. */
export interface Bench {
  readonly pairs: number;
  /** Pairs of what takes minutes. */
  readonly longPairs: number;
  readonly lab: BenchLab;
  readonly signal: AbortSignal;
  /** One line on standard error: what is measured now. */
  readonly say: (line: string) => void;
}

/** Figures that are measured together, because one state of the cluster serves them all. */
export interface Group {
  readonly marks: readonly string[];
  measure(bench: Bench): Promise<readonly Figure[]>;
}

/** Measures our side and the floor by turns, so that what else the machine does weighs on both. */
export async function byTurns(bench: Bench, pairs: number, pair: (index: number) => Promise<void>): Promise<void> {
  for (let index = 1; index <= pairs; index++) {
    bench.signal.throwIfAborted();
    bench.say(`pair ${index} of ${pairs}`);
    await pair(index);
  }
}
