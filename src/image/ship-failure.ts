import { EngineError, ToolkitError, UnreachableError } from '../errors.ts';

/** Whether the engine read the archive and did not want it; a full disk or a lost connection is something else. */
export function isRefusal(error: unknown): boolean {
  return error instanceof EngineError && !isNoSpace(error);
}

export function isNoSpace(error: unknown): boolean {
  return error instanceof Error && /no space left|disk quota exceeded/i.test(error.message);
}

/** `the image "a"`, `the images "a", "b"`. */
export function describeImages(images: readonly string[]): string {
  return `the image${images.length === 1 ? '' : 's'} ${images.map((image) => `"${image}"`).join(', ')}`;
}

/**
 * One error for all nodes that failed, each with what was seen.
 *
 * @param failures by the node's name; not empty
 */
export function shippingFailure(
  images: readonly string[],
  nodeCount: number,
  failures: ReadonlyMap<string, unknown>,
): Error {
  const unexpected = [...failures.values()].find((error) => !(error instanceof ToolkitError));
  if (unexpected instanceof Error) return unexpected;
  const lines = [...failures].map(
    ([name, error]) => `  ${name}: ${isNoSpace(error) ? 'no space left on its disk' : (error as Error).message}`,
  );
  const message = `Cannot bring ${describeImages(images)} to ${failures.size} of ${nodeCount} ${nodeCount === 1 ? 'node' : 'nodes'}:\n${lines.join('\n')}`;
  const isUnreachable = [...failures.values()].every((error) => error instanceof UnreachableError);
  const [cause] = failures.values();
  const others = failures.size < nodeCount ? 'the other nodes have it; ' : '';
  if (isUnreachable) return new UnreachableError(message, { cause, hint: `${others}run it again when these answer` });
  const hint = [...failures.values()].some(isNoSpace)
    ? `${others}free some space there (docker system df shows what takes it), then run it again`
    : `${others}run it again for these`;
  return new EngineError(message, 500, { cause, hint });
}
