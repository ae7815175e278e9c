// How the scripts speak: one line each, on standard error, so that a result on standard output stays alone.

export function headline(text) {
  process.stderr.write(`==> ${text}\n`);
}

/** @returns the status, to be ended with */
export function fail(text, status) {
  process.stderr.write(`error: ${text}\n`);
  return status;
}

/** Time since a `performance.now()`: `4.2 s`. */
export function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
