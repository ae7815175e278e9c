/**
 * One thing that is wrong, or may become so, with its proof: what preflight, `doctor` and `status` say in the same words.
 *
 * Every id has a section in `docs/problems/`; ids are part of the public output and never change their meaning.
 */
export interface Finding {
  /** `SS-M03`: M machines before they join, E this machine and its engine, C docker contexts, N a swarm's nodes, K clusters, J applications. */
  readonly id: string;
  /** An `error` stands in the way; a `warning` does not. */
  readonly severity: 'error' | 'warning';
  /** What it is about: `node lab-2`, `10.0.0.4`, `this machine`. */
  readonly subject: string;
  /** What is wrong, one sentence without a final period. */
  readonly problem: string;
  /** What was read or measured: numbers, or another program's own words. */
  readonly proof: string;
  /** What to type, or to do where nothing can be typed. */
  readonly fix: string;
  /** `docs/problems/machines.md#ss-m03`. */
  readonly page: string;
}
