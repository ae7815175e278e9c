import type { JobProblem } from './job-wish.ts';

/** Both ends of a file: all that tells a whole zip from a damaged one. */
export interface FileEnds {
  readonly sizeBytes: number;
  /** At least 4 bytes, where there are. */
  readonly head: Uint8Array;
  /** The last `ZIP_TAIL_BYTES`, where there are. */
  readonly tail: Uint8Array;
}

/** The end record, and the longest comment that may follow it. Source: PKWARE APPNOTE 4.3.16. */
export const ZIP_TAIL_BYTES = 22 + 65_535;

const END_RECORD = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const BEGINNINGS = [Buffer.from([0x50, 0x4b, 0x03, 0x04]), END_RECORD];

/** Files that Java and Python read as zip. */
export function isArchiveName(path: string): boolean {
  return /\.(jar|zip|egg|whl)$/i.test(path);
}

/** What is wrong with a jar, before it is sent: 0 bytes, something else, or cut off in a copy. */
export function checkArchive(path: string, { sizeBytes, head, tail }: FileEnds): readonly JobProblem[] {
  const wrong = (seen: string): readonly JobProblem[] => [
    { message: `${path} ${seen}`, hint: 'build or copy it again; --no-check sends it as it is' },
  ];
  if (sizeBytes === 0) return wrong('is empty: it has 0 bytes');
  // A jar that starts itself has a script before the first entry, so that Java looks at the end alone.
  const hasBeginning = BEGINNINGS.some((mark) => mark.equals(head.subarray(0, 4)));
  const end = Buffer.from(tail).lastIndexOf(END_RECORD);
  if (end >= 0 && (hasBeginning || isScript(head))) return end + 22 <= tail.length ? [] : wrong(cutOff(sizeBytes));
  return hasBeginning ? wrong(cutOff(sizeBytes)) : wrong(`is no ${kindOf(path)}: it does not begin as a zip file does`);
}

function cutOff(sizeBytes: number): string {
  return `is cut off: it has ${sizeBytes} bytes, and the end of a zip file is missing`;
}

function isScript(head: Uint8Array): boolean {
  return head[0] === 0x23 && head[1] === 0x21;
}

function kindOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}
