import type { ProgressEvent, StepTitle } from '../events.ts';

/** Where a step stands: in its flow, and in the steps of other flows that this flow is part of. */
export interface StepPlace {
  readonly title: string;
  /** From the outermost flow to its own: `2/5`, `1/3`. */
  readonly path: readonly string[];
  /** Step of the outermost flow that this one belongs to; itself at depth 1. */
  readonly outermostId: string;
}

export type StepEvent = Extract<ProgressEvent, { readonly id: string }>;

interface Flow {
  readonly steps: readonly StepTitle[];
  /** Several where steps run at the same time. */
  readonly runningIds: Set<string>;
}

/**
 * The flows under way. A flow that is announced while a step of another is running is part of that step; one that is
 * announced between steps takes the place of the finished one.
 */
export class ProgressFlows {
  readonly #stack: Flow[] = [];

  /** @returns whether the flow is an outermost one */
  open(steps: readonly StepTitle[]): boolean {
    while (this.#stack.length > 0 && this.#stack.at(-1)?.runningIds.size === 0) this.#stack.pop();
    this.#stack.push({ steps, runningIds: new Set() });
    return this.#stack.length === 1;
  }

  /** Takes note of a step's event. @returns where that step stands */
  follow(event: StepEvent): StepPlace {
    const isStart = event.type === 'step-started';
    const depth = this.#stack.findLastIndex((flow) =>
      isStart ? flow.steps.some(({ id }) => id === event.id) : flow.runningIds.has(event.id),
    );
    const flow = this.#stack[depth];
    // A step that nobody announced is shown under its own name rather than lost.
    if (!flow) return { title: event.id, path: [], outermostId: event.id };
    this.#stack.length = depth + 1;
    flow.runningIds.add(event.id);
    const place = this.#place(event.id);
    if (event.type !== 'step-started' && event.type !== 'step-progress') flow.runningIds.delete(event.id);
    return place;
  }

  #place(id: string): StepPlace {
    const flow = this.#stack.at(-1);
    const idIn = (one: Flow): string => (one === flow ? id : ([...one.runningIds][0] ?? id));
    return {
      title: flow?.steps.find((step) => step.id === id)?.title ?? id,
      path: this.#stack.map((one) => {
        const index = one.steps.findIndex((step) => step.id === idIn(one));
        return `${index + 1}/${one.steps.length}`;
      }),
      outermostId: this.#stack[0] ? idIn(this.#stack[0]) : id,
    };
  }
}
