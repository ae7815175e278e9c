export interface StreamOffset {
  /** The byte at which the lines that were asked for begin. */
  readonly start: number;
  readonly size: number;
  /** Bytes at the beginning that are not kept any more. */
  readonly gone: number;
}

export interface JobOffsets {
  readonly stdout: StreamOffset;
  readonly stderr: StreamOffset;
}

/** @param lines how many of the last ones, looked for in the last 1 MiB */
export function offsetsWords(base: string, folder: string, lines: number | 'all'): readonly string[] {
  return [base, folder, String(lines)];
}

/** A stream that is not there yet begins at 0. */
export function readOffsets(text: string): JobOffsets {
  const read = (name: string): StreamOffset => {
    const numbers = new RegExp(`^${name} (\\d+) (\\d+) (\\d+)$`, 'm').exec(text)?.slice(1).map(Number) ?? [];
    const [start = 0, size = 0, gone = 0] = numbers;
    return { start, size, gone };
  };
  return { stdout: read('stdout'), stderr: read('stderr') };
}

export interface Follow {
  /** From which byte on; `undefined` leaves the stream out. */
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  /** Until the job is over, instead of what is there now. */
  readonly follow: boolean;
  /** Without `follow`: where each ends at the latest, however much has been printed since. */
  readonly upTo?: { readonly stdout: number; readonly stderr: number } | undefined;
}

export function followWords(base: string, folder: string, wish: Follow): readonly string[] {
  const { stdout, stderr, follow, upTo } = wish;
  const words = [base, folder, String(stdout ?? '-'), String(stderr ?? '-'), follow ? 'yes' : 'no'];
  if (follow || !upTo) return words;
  return [
    ...words,
    ...[upTo.stdout - (stdout ?? 0), upTo.stderr - (stderr ?? 0)].map((most) => String(Math.max(0, most))),
  ];
}

/** Status 0: nothing of the job lives any more; 3: it does after `seconds`; 1: there is no such job. */
export function waitWords(base: string, folder: string, seconds: number): readonly string[] {
  return [base, folder, String(Math.max(0, Math.ceil(seconds)))];
}
