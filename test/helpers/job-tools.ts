import { createHash } from 'node:crypto';

import type { FileEnds } from '../../src/jobs/check-archive.ts';
import { planJob, type JobPlan } from '../../src/jobs/job-plan.ts';
import type { JobTools } from '../../src/jobs/job-tools.ts';
import { wishFromWords, type JobFlags } from '../../src/jobs/job-words.ts';
import { EMPTY_WISH, type JobWish } from '../../src/jobs/job-wish.ts';
import { EXAMPLES } from '../../src/spark/submit-argv.ts';

export const JOB_ID = '1a2b3c4d5e6f';

/** What lies in the folder of whoever runs a job. */
export const FILES = [
  'app.py',
  'app.jar',
  'lib.jar',
  'deps/lib.jar',
  'helper.py',
  'data.csv',
  'run.sh',
  '-x.py',
  '-x.sh',
  'conf.properties',
];

/** Ends of the smallest whole zip: nothing but its end record. */
export const WHOLE_ZIP: FileEnds = zipEnds(Buffer.from([0x50, 0x4b, 5, 6, ...Array.from({ length: 18 }, () => 0)]));

export function zipEnds(content: Buffer): FileEnds {
  return { sizeBytes: content.length, head: content.subarray(0, 4), tail: content };
}

/** A machine with these files; a path that ends with `/` is a folder. */
export function jobTools(
  files: readonly string[] = [],
  more: Partial<JobTools> & { readonly texts?: Readonly<Record<string, string>> } = {},
): JobTools {
  const { texts = {}, ...rest } = more;
  return {
    cluster: 'spark',
    createdBy: 'ada@desk',
    now: () => new Date('2026-01-02T03:04:05Z'),
    newId: () => JOB_ID,
    examples: EXAMPLES,
    dataSources: new Map(),
    look: (typed) => {
      const path = typed.replace(/^\.\//, '');
      return files.includes(path) ? 'file' : files.includes(`${path}/`) ? 'folder' : undefined;
    },
    resolve: (path) => `/work-here/${path}`,
    readText: async (path) => Promise.resolve(texts[path] ?? ''),
    readEnds: async () => Promise.resolve(WHOLE_ZIP),
    hash: async (path) => Promise.resolve(createHash('sha256').update(path).digest('hex')),
    ...rest,
  };
}

export function jobWish(wish: Partial<JobWish>): JobWish {
  return { ...EMPTY_WISH, ...wish };
}

/** As `job run` and `submit` make it out of what is typed. */
export async function planWords(
  words: readonly string[],
  flags: JobFlags = {},
  tools: JobTools = jobTools(),
): Promise<JobPlan> {
  return planJob(wishFromWords(words, flags), tools);
}
