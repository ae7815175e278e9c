/** The candidate that was probably meant: at most two letters (of a short word: one) away, or written with dashes. */
export function closestKey(typed: string, candidates: readonly string[]): string | undefined {
  const plain = normalize(typed);
  const limit = plain.length > 4 ? 2 : 1;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, normalize(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** `worker-cores`, `worker_cores` and `workerCores` are one word. */
function normalize(text: string): string {
  return text.replaceAll(/[-_]/g, '').toLowerCase();
}

/** How many letters must be put in, taken out or changed. Source: Wagner and Fischer, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const change = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
