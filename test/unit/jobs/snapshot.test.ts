import test from 'ava';

import { specLine } from '../../../src/jobs/job-record.ts';
import type { JobSpec } from '../../../src/jobs/job.ts';
import { judgeSnapshot } from '../../../src/jobs/judge-snapshot.ts';
import { readSnapshot } from '../../../src/jobs/snapshot.ts';

const SPEC: JobSpec = {
  schemaVersion: 1,
  id: 'aaaaaaaaaaaa',
  name: 'word-count',
  type: 'shell',
  cluster: 'spark',
  driver: 'master',
  argv: ['echo', 'two\nlines', '== end'],
  environment: [],
  files: [],
  createdAt: '2026-01-02T03:04:05.000Z',
  createdBy: 'ada@laptop',
  timeoutMs: null,
  graceMs: 5000,
  hash: 'ff',
};
const FOLDER = 'word-count-aaaaaaaaaaaa';
const STAMP = 'b00t-id:7';

interface Parts {
  readonly files?: readonly string[];
  readonly contents?: readonly (readonly [path: string, text: string])[];
  readonly processes?: readonly string[];
  readonly marked?: readonly string[];
}

function answer({ files = [], contents = [], processes = [], marked = [] }: Parts = {}): string {
  const lines = contents.flatMap(([path, text]) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => `./${path}\0${line}`),
  );
  const isSent = (line: string): boolean => line.startsWith('./.new/');
  return [
    'spark-swarm-jobs 1',
    'now 1700000100.5',
    'uptime 1000.00',
    'ticks 100',
    `stamp ${STAMP}`,
    'free 999999999',
    '== sent',
    ...lines.filter(isSent),
    '== files',
    ...files,
    '== contents',
    ...lines.filter((line) => !isSent(line)),
    '== marked',
    ...marked,
    '== processes',
    ...processes,
    '== end\n',
  ].join('\n');
}

function row(pid: number, start: number, { name = 'sh', state = 'S', session = pid } = {}): string {
  return `${pid} (${name}) ${state} 1 ${session} ${session}${' 0'.repeat(15)} ${start} 8 9`;
}

const FILES = [`d 4096 1700000000.1 1700000000.1 ${FOLDER}`, `f 5 1700000000.1 1700000000.1 ${FOLDER}/stdout`];
const RECORD = [
  [`${FOLDER}/spec.json`, specLine(SPEC)],
  [`${FOLDER}/claim`, `v1 900.50 ${STAMP} host`],
  [`${FOLDER}/pid`, `50 90000 ${STAMP} vm`],
  [`${FOLDER}/child`, '51 90100 901.00'],
] as const;

function judge(parts: Parts): readonly string[] {
  const snapshot = readSnapshot(answer({ files: FILES, ...parts, contents: [...RECORD, ...(parts.contents ?? [])] }));
  return judgeSnapshot(snapshot, new Map()).map(({ state, reason }) => `${state} ${reason}`.trimEnd());
}

test('no folder of records is no jobs', (t) => {
  const { records, uploads, unreadable, stamp, uptime } = readSnapshot(answer());
  t.deepEqual(
    { records, uploads, unreadable, stamp, uptime },
    { records: [], uploads: [], unreadable: [], stamp: STAMP, uptime: 1000 },
  );
});

test('a record is seen with its process, its age and the size of its output', (t) => {
  const snapshot = readSnapshot(
    answer({ files: FILES, contents: RECORD, processes: [row(50, 90_000), row(51, 90_100)] }),
  );
  const [view] = judgeSnapshot(snapshot, new Map());
  t.like(view, {
    spec: SPEC,
    state: 'RUNNING',
    reason: '',
    process: '50@vm',
    durationMs: 99_000,
    ageMs: 99_500,
    bytes: { stdout: 5, stderr: 0 },
    folder: FOLDER,
  });
});

test('an answer that is cut off is no answer', (t) => {
  const whole = answer({ files: FILES, contents: RECORD });
  t.notThrows(() => readSnapshot(whole));
  for (let length = 0; length < whole.length; length++) {
    const error = t.throws(() => readSnapshot(whole.slice(0, length)));
    const message = error?.message ?? '';
    if (!message.startsWith('The list of jobs is not complete: it ends with ')) t.fail(`${length}: ${message}`);
  }
});

test('the same number with another start is another process (E2, J01)', (t) => {
  t.deepEqual(judge({ processes: [row(50, 95_000), row(51, 95_000)] }), [
    'DONEWITHERROR lost: gone without an exit record',
  ]);
});

test('a zombie is dead (E1)', (t) => {
  const processes = [row(50, 90_000, { state: 'Z' }), row(51, 90_100, { state: 'Z' })];
  t.deepEqual(judge({ processes }), ['DONEWITHERROR lost: gone without an exit record']);
});

test('a process that began after the table was read is not missed in it', (t) => {
  t.deepEqual(judge({ contents: [[`${FOLDER}/pid`, '']] }), ['DONEWITHERROR lost: gone without an exit record']);
  const young = RECORD.map(([path, text]) => [path, text.replace('50 90000', '50 100050')] as const);
  const snapshot = readSnapshot(answer({ files: FILES, contents: young }));
  t.is(judgeSnapshot(snapshot, new Map())[0]?.state, 'RUNNING');
});

test('names of processes with blanks, brackets and newlines do not hide others', (t) => {
  const processes = [
    row(7, 1, { name: 'a) S 1 (b' }),
    row(8, 1, { name: '\n== end\n' }),
    row(50, 90_000, { name: '((sd-pam))' }),
  ];
  t.deepEqual(judge({ processes }), ['RUNNING']);
});

test('with a dead wrapper its job is known by the session and by the environment', (t) => {
  t.deepEqual(judge({ processes: [row(51, 90_100), row(60, 95_000, { session: 51 })] }), [
    'RUNNING its wrapper is dead; live processes: 2',
  ]);
  t.deepEqual(judge({ processes: [row(77, 99_000)], marked: ['/proc/77/environ:SPARK_SWARM_JOB_ID=aaaaaaaaaaaa'] }), [
    'RUNNING its wrapper is dead; live processes: 1',
  ]);
  // The number of the session has been given to a stranger.
  t.deepEqual(judge({ processes: [row(51, 95_000), row(60, 95_000, { session: 51 })] }), [
    'DONEWITHERROR lost: gone without an exit record',
  ]);
});

for (const [text, expected] of [
  ['v1 0', 'SUCCEEDED'],
  ['v1 3', 'DONEWITHERROR exit 3'],
  ['v1 137', 'DONEWITHERROR killed (SIGKILL)'],
  ['', 'DONEWITHERROR lost: bad exit record'],
  ['0', 'DONEWITHERROR lost: bad exit record'],
  ['v1', 'DONEWITHERROR lost: bad exit record'],
  ['v1 ', 'DONEWITHERROR lost: bad exit record'],
  ['v1 00', 'DONEWITHERROR lost: bad exit record'],
  ['v1 0x0', 'DONEWITHERROR lost: bad exit record'],
  ['v1 -2', 'DONEWITHERROR lost: bad exit record'],
  ['v1 1000', 'DONEWITHERROR lost: bad exit record'],
  ['v2 0', 'DONEWITHERROR lost: bad exit record'],
  ['v1 0\nv1 1', 'DONEWITHERROR lost: bad exit record'],
] as const)
  test(`the record ${JSON.stringify(text)} is ${expected} (I6)`, (t) => {
    const files = [...FILES, `f ${text.length} 1700000050.5 1700000050.5 ${FOLDER}/exit`];
    t.deepEqual(judge({ files, contents: text === '' ? [] : [[`${FOLDER}/exit`, text]] }), [expected]);
  });

test('uploads: the newest counts, its age is that of its last byte, and a record comes before them', (t) => {
  const files = [
    'd 60 1700000000.0 1700000090.0 .new/a-bbbbbbbbbbbb.00000001',
    'f 60 1700000000.0 1700000095.5 .new/a-bbbbbbbbbbbb.00000001/files/big.jar',
    'd 60 1700000000.0 1700000010.0 .new/a-bbbbbbbbbbbb.00000002',
    'd 60 1700000000.0 1700000099.0 .new/word-count-aaaaaaaaaaaa.00000003',
    'd 60 1700000000.0 1700000020.0 .new/a-cccccccccccc.00000004',
  ];
  const upload = (id: string, nonce: string): readonly [string, string] => [
    `.new/${nonce === '00000003' ? 'word-count' : 'a'}-${id}.${nonce}/spec.json`,
    specLine({ ...SPEC, id, name: nonce === '00000003' ? 'word-count' : 'a' }),
  ];
  const contents = [
    upload('bbbbbbbbbbbb', '00000001'),
    upload('bbbbbbbbbbbb', '00000002'),
    upload('aaaaaaaaaaaa', '00000003'),
    upload('cccccccccccc', '00000004'),
  ];
  const snapshot = readSnapshot(
    answer({ files: [...FILES, ...files], contents: [...RECORD, ...contents], processes: [row(50, 90_000)] }),
  );
  t.deepEqual(
    judgeSnapshot(snapshot, new Map()).map(({ spec, state, reason, ageMs }) => [spec.id, state, reason, ageMs]),
    [
      ['bbbbbbbbbbbb', 'PENDING', 'uploading', 5000],
      ['cccccccccccc', 'FAILED', 'upload interrupted', 80_500],
      ['aaaaaaaaaaaa', 'RUNNING', '', 99_500],
    ],
  );
});

test('a folder whose spec.json cannot be read, or is of another job, is named and not judged', (t) => {
  const files = [
    ...FILES,
    'd 60 1700000000.0 1700000090.0 other-dddddddddddd',
    'd 60 1700000000.0 1700000090.0 not-a-job',
  ];
  const contents = [...RECORD, ['other-dddddddddddd/spec.json', specLine(SPEC)] as const];
  const { records, unreadable } = readSnapshot(answer({ files, contents }));
  t.deepEqual([records.map(({ folder }) => folder), unreadable], [[FOLDER], ['other-dddddddddddd']]);
});

test('a marker without a text is a cancel, and an empty reason is a failed start', (t) => {
  const cancelled = [...FILES, `f 0 1700000050.5 1700000050.5 ${FOLDER}/cancel`];
  t.deepEqual(judge({ files: cancelled, processes: [row(50, 90_000)] }), ['TOBEKILLED']);
  const failed = [...FILES, `f 0 1700000050.5 1700000050.5 ${FOLDER}/failed`];
  t.deepEqual(judge({ files: failed }), ['FAILED it could not be started']);
});

test('an ssh driver on a node of the swarm is judged as the task it is', (t) => {
  const contents = RECORD.map(
    ([path, text]) =>
      [path, text.replace(`${STAMP} host`, 'other:1 task').replace(`${STAMP} vm`, 'other:2 vm')] as const,
  );
  const snapshot = readSnapshot(answer({ files: FILES, contents }));
  const seen = { jobId: SPEC.id, state: 'running', message: '', exitCode: undefined, node: 'node1' };
  t.is(judgeSnapshot(snapshot, new Map([[SPEC.id, seen]]))[0]?.state, 'RUNNING');
});
