import type { JobProblem } from './job-wish.ts';

/** Linux takes 128 KiB for one word, its end included, and a quarter of the stack (2 MiB) for all. Source: execve(2). */
const MAX_WORD_BYTES = 128 * 1024 - 1;
const MAX_ALL_BYTES = 1536 * 1024;

/** A word that a process shall get, and how messages name it. */
export interface Word {
  readonly label: string;
  readonly text: string;
  /** Spark's launcher never sees it: a variable. */
  readonly isVariable?: boolean;
}

/** What cannot reach a process byte for byte. `dropsReturns`: Spark's own launcher, which takes CR away (bin/spark-class). */
export function checkWords(
  words: readonly Word[],
  { dropsReturns }: { readonly dropsReturns: boolean },
): readonly JobProblem[] {
  const total = words.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0);
  return [
    ...words.flatMap((word) => checkWord(word, dropsReturns)),
    ...(total > MAX_ALL_BYTES
      ? [
          {
            message: `All arguments and variables together have ${total} bytes; a process takes ${MAX_ALL_BYTES}`,
            hint: 'pass them in a file',
          },
        ]
      : []),
  ];
}

function checkWord({ label, text, isVariable }: Word, dropsReturns: boolean): readonly JobProblem[] {
  const bytes = Buffer.byteLength(text);
  if (text.includes('\0'))
    return [
      {
        message: `${label} has a NUL character, which no process can be given: ${shorten(text)}`,
        hint: 'pass it in a file',
      },
    ];
  if (bytes > MAX_WORD_BYTES)
    return [
      { message: `${label} has ${bytes} bytes; Linux takes ${MAX_WORD_BYTES} in one word`, hint: 'pass it in a file' },
    ];
  if (/\uFFFD|[\uD800-\uDFFF]/u.test(text))
    return [
      { message: `${label} is not UTF-8, and would not arrive as it is: ${shorten(text)}`, hint: 'pass it in a file' },
    ];
  if (dropsReturns && !isVariable && text.includes('\r'))
    return [
      {
        message: `${label} has a carriage return, which Spark takes away: ${shorten(text)}`,
        hint: 'pass it in a file',
      },
    ];
  return [];
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
