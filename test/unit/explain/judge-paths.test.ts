import test from 'ava';

import { findMissingPaths, judgePaths } from '../../../src/explain/judge-paths.ts';
import { daemon, reading, say } from '../../helpers/explain-readings.ts';

/** Lines of Spark 4.2.1 and of Python. */
const LINES: readonly (readonly [line: string, path: string])[] = [
  ['Caused by: java.io.FileNotFoundException: File file:/tmp/here-only.csv does not exist', '/tmp/here-only.csv'],
  [
    '[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file file:///tmp/here-only.csv. File does not exist. It is possible the underlying files have been updated.',
    '/tmp/here-only.csv',
  ],
  ['AnalysisException: [PATH_NOT_FOUND] Path does not exist: file:/nope/x.parquet. SQLSTATE: 42K03', '/nope/x.parquet'],
  ["FileNotFoundError: [Errno 2] No such file or directory: '/tmp/with blank.txt'", '/tmp/with blank.txt'],
  ['org.apache.hadoop.mapred.InvalidInputException: Input path does not exist: file:/data/in', '/data/in'],
  ['java.nio.file.NoSuchFileException: /data/model.bin', '/data/model.bin'],
];

for (const [text, path] of LINES) {
  test(`the path of "${text.slice(0, 60)}…" is found`, (t) => {
    t.deepEqual(findMissingPaths([{ source: 'the driver', text: `x\n${text}\n\tat y` }]), [path]);
  });
}

const evidence = [{ source: 'the driver', text: LINES.map(([line]) => line)[0] ?? '' }];
const judge = (there: Readonly<Record<string, boolean>>): readonly string[] => {
  const daemons = Object.entries(there).map(([name, isThere]) =>
    daemon(name, { paths: { '/tmp/here-only.csv': isThere } }),
  );
  return say(judgePaths(reading({ daemons }), 'job etl', evidence));
};
const SAID = 'the driver: Caused by: java.io.FileNotFoundException: File file:/tmp/here-only.csv does not exist';

test('SS-J10: there on some, missing on others', (t) => {
  t.deepEqual(judge({ master: true, 'worker-1': false, 'worker-2': true }), [
    `SS-J10 job etl: reads /tmp/here-only.csv, which is not on every node (there: master, worker-2; missing: worker-1; ${SAID})`,
  ]);
});

test('SS-J09: missing everywhere', (t) => {
  t.deepEqual(judge({ master: false, 'worker-1': false }), [
    `SS-J09 job etl: reads /tmp/here-only.csv, which is nowhere in the cluster (missing: master, worker-1; ${SAID})`,
  ]);
});

test('a path that is everywhere by now is no cause, and neither is one that nobody could look for', (t) => {
  t.deepEqual(judge({ master: true, 'worker-1': true }), []);
  t.deepEqual(say(judgePaths(reading(), 'job etl', evidence)), []);
});
