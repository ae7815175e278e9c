import { linkSync, mkdirSync, writeFileSync } from 'node:fs';

import test from 'ava';

import { cleanWords, readClean, readSizes, sizesWords } from '../../src/jobs/clean.ts';
import { followWords, offsetsWords, readOffsets, type Follow } from '../../src/jobs/follow.ts';
import type { ShellResult } from '../../src/jobs/job-shell.ts';
import { JobRecords, SLEEP, type StagedJob } from '../helpers/job-records.ts';
import { waitFor } from '../helpers/wait-for.ts';

async function follow(records: JobRecords, job: StagedJob, wish: Partial<Follow> = {}): Promise<ShellResult> {
  const words = followWords(records.base, job.folder, { stdout: 0, stderr: 0, follow: true, ...wish });
  return records.run(records.scripts.follow, words);
}

test('output is followed to the end, each stream for itself, from any byte on', async (t) => {
  await using records = await JobRecords.open();
  const argv = [
    'sh',
    '-c',
    'for i in 1 2 3 4 5; do echo "out $i"; echo "err $i" >&2; sleep 0.2; done; printf last; exit 3',
  ];
  const job = await records.start(argv);
  const all = 'out 1\nout 2\nout 3\nout 4\nout 5\nlast';
  await waitFor('the second lines', {
    read: async () => records.read(job, 'stderr'),
    until: (seen) => seen.includes('err 2'),
  });
  const [both, out, err, resumed] = await Promise.all([
    follow(records, job),
    follow(records, job, { stderr: undefined }),
    follow(records, job, { stdout: undefined, stderr: 6 }),
    follow(records, job, { stdout: 3 }),
  ]);
  t.deepEqual(both, { status: 0, stdout: all, stderr: 'err 1\nerr 2\nerr 3\nerr 4\nerr 5\n' });
  t.deepEqual(out, { status: 0, stdout: all, stderr: '' });
  t.deepEqual(err, { status: 0, stdout: '', stderr: 'err 2\nerr 3\nerr 4\nerr 5\n' });
  t.is(resumed.stdout, all.slice(3));
  t.deepEqual(await follow(records, job, { follow: false, stdout: 32 }), {
    status: 0,
    stdout: 'last'.slice(2),
    stderr: both.stderr,
  });
  t.is(await records.state(job), 'DONEWITHERROR exit 3');
});

test('following ends when the job does, not when its wrapper was killed', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'echo up; until [ -e ../go ]; do sleep 0.1; done; echo done']);
  await records.readSoon(job, 'stdout');
  process.kill(await records.wrapper(job), 'SIGKILL');
  const following = follow(records, job);
  t.is(await records.wait(job, 1), 3);
  await records.sh(': >"$1/go"', job.directory);
  const { stdout } = await following;
  t.is(stdout, 'up\ndone\n');
});

test('waiting returns soon after the end', async (t) => {
  await using records = await JobRecords.open();
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    const job = await records.start(['sh', '-c', 'until [ -e ../go ]; do sleep 0.02; done']);
    const waiting = records.wait(job).then(() => Date.now());
    t.is(await records.wait(job, 1), 3);
    await records.sh(': >"$1/go"', job.directory);
    const endedAt = await waiting;
    const { stdout } = await records.sh('stat -c %.3Y "$1/exit"', job.directory);
    took.push(endedAt - Number(stdout) * 1000);
  }
  // How soon is measured (npm run bench, P12): here it is only not a wait of its own.
  t.true(took.toSorted((a, b) => a - b)[2]! < 20_000, took.join(' '));
});

test('the last lines are found, and nothing of a job that is not there', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'seq 100; printf "no newline" >&2']);
  await records.end(job);
  const offsets = async (lines: number | 'all'): Promise<unknown> =>
    readOffsets((await records.run(records.scripts.offsets, offsetsWords(records.base, job.folder, lines))).stdout);
  t.deepEqual(await offsets(2), {
    stdout: { start: 285, size: 292, gone: 0 },
    stderr: { start: 0, size: 10, gone: 0 },
  });
  t.deepEqual(await offsets('all'), {
    stdout: { start: 0, size: 292, gone: 0 },
    stderr: { start: 0, size: 10, gone: 0 },
  });
  t.deepEqual(await offsets(0), {
    stdout: { start: 292, size: 292, gone: 0 },
    stderr: { start: 10, size: 10, gone: 0 },
  });
  const none = await records.run(records.scripts.offsets, offsetsWords(records.base, 'x-ffffffffffff', 1));
  t.deepEqual(none, { status: 1, stdout: '', stderr: '' });
});

test('with a job goes what was sent of it before and cut off: it is not seen again', async (t) => {
  await using records = await JobRecords.open();
  const cut = await records.stage(['true'], { id: 'abcdefabcdef' });
  const other = await records.stage(['true']);
  const job = await records.start(['true'], { id: 'abcdefabcdef' });
  await records.end(job);
  t.is(cut.folder, job.folder);
  const { stdout } = await records.run(records.scripts.clean, cleanWords(records.base, [job.folder]));
  t.is(stdout, `removed ${job.folder}\n`);
  const left = (await records.list()).map(({ folder }) => folder);
  t.deepEqual(left, [`.new/${other.folder}.${other.nonce}`]);
});

test('cleaning takes away what has ended, and never what lives, nor anything outside (E14, I11)', async (t) => {
  await using records = await JobRecords.open();
  const ended = await records.start(['true']);
  await records.end(ended);
  const alive = await records.start(SLEEP);
  const orphan = await records.start(SLEEP);
  await records.readSoon(orphan, 'stdout');
  process.kill(await records.wrapper(orphan), 'SIGKILL');
  const upload = await records.stage(['true']);
  const staged = `.new/${upload.folder}.${upload.nonce}`;
  await records.sh('mkdir "$1/../outside" && ln -s ../outside "$1/link-aaaaaaaaaaaa"', records.base);
  const { stdout: sizes } = await records.run(records.scripts.sizes, sizesWords(records.base));
  const names = [ended.folder, alive.folder, orphan.folder, staged];
  t.deepEqual([...readSizes(sizes).keys()].toSorted(), names.toSorted());
  t.true([...readSizes(sizes).values()].every((bytes) => bytes > 10_000 && bytes < 200_000));
  const wished = [
    ...names,
    'gone-ffffffffffff',
    'link-aaaaaaaaaaaa',
    '../outside',
    '/etc',
    '.',
    '',
    '.new',
    '.new/../../outside',
    '-rf',
  ];
  const { stdout } = await records.run(records.scripts.clean, cleanWords(records.base, wished));
  const { removed, refused } = readClean(stdout);
  t.deepEqual(removed, [ended.folder, staged, 'gone-ffffffffffff']);
  t.deepEqual(
    refused.filter(({ folder }) => names.includes(folder)),
    [alive.folder, orphan.folder].map((folder) => ({ folder, reason: 'it has not ended' })),
  );
  t.is((await records.sh('ls "$1/.." "$1/.new" "$1/.trash"', records.base)).stdout.includes('outside'), true);
  t.deepEqual(
    (await records.list()).map(({ state }) => state),
    ['RUNNING', 'RUNNING'],
  );
});

test('ten thousand jobs are listed by one program within 10 s, a thousand within 2 s (J41)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['true']);
  await records.end(job);
  const line = await records.read(job, 'spec.json');
  const names = ['exit', 'end', 'pid', 'claim', 'child', 'stdout', 'stderr', 'env.sh'];
  const copy = (from: number, to: number): void => {
    for (let number = from; number <= to; number++) {
      const id = String(number).padStart(12, '0');
      const folder = `${records.base}/test-${id}`;
      mkdirSync(folder);
      for (const name of names) linkSync(`${job.directory}/${name}`, `${folder}/${name}`);
      writeFileSync(`${folder}/spec.json`, line.replace(job.spec.id, id));
    }
  };
  const list = async (): Promise<{ readonly count: number; readonly tookMs: number }> => {
    const begun = performance.now();
    const views = await records.list();
    return { count: views.filter(({ state }) => state === 'SUCCEEDED').length, tookMs: performance.now() - begun };
  };
  copy(1, 999);
  const thousand = await list();
  t.is(thousand.count, 1000);
  t.true(thousand.tookMs < 2000, `${thousand.tookMs} ms`);
  copy(1000, 9999);
  const all = await list();
  t.is(all.count, 10_000);
  t.true(all.tookMs < 10_000, `${all.tookMs} ms`);
  t.log(`1,000: ${Math.round(thousand.tookMs)} ms; 10,000: ${Math.round(all.tookMs)} ms`);
});
