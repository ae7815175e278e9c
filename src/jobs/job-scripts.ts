/**
 * Texts of the programs that run where a job's record is, `docker/job/*.sh`, with what they share put before each. They are
 * sent when they are needed, so an image of any age and a machine that has never heard of us can keep records.
 *
 * POSIX sh; `$1`, `$2`, … are the words that a `…Words` function gives; standard input is not read.
 */
export interface JobScripts {
  readonly launch: string;
  readonly wrapper: string;
  readonly snapshot: string;
  readonly offsets: string;
  readonly follow: string;
  readonly wait: string;
  readonly cancel: string;
  readonly sizes: string;
  readonly clean: string;
  readonly fail: string;
  readonly export: string;
}

/** What `submit` needs besides. */
export interface SubmitScripts {
  /** Launches and follows in one program: `$1` and `$2` are those two, the rest are the words of the launch. */
  readonly start: string;
  /** Heaps of the drivers that run there. */
  readonly drivers: string;
}
