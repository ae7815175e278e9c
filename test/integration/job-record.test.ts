import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { offsetsWords, readOffsets } from '../../src/jobs/follow.ts';
import { JobRecords, SLEEP } from '../helpers/job-records.ts';
import { waitFor } from '../helpers/wait-for.ts';

const NEVER = 'ffffffffffff';

test('a job runs in its own folder, with its output, its environment and its status in the record', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'pwd; echo "$GREETING" >&2; exit 3'], {
    environment: `export GREETING='it'\\''s $(me)'\n`,
  });
  t.is(await records.end(job), 'DONEWITHERROR exit 3');
  t.is(await records.read(job, 'stdout'), `${job.directory}/files\n`);
  t.is(await records.read(job, 'stderr'), "it's $(me)\n");
  t.is(await records.read(job, 'exit'), 'v1 3\n');
  const view = await records.see(job);
  t.is(view?.exitCode, 3);
  t.regex(view?.process ?? '', /^\d+@\S+$/);
  t.true((view?.durationMs ?? -1) >= 0 && (view?.durationMs ?? 1e9) < 30_000);
  t.deepEqual(view?.bytes, { stdout: job.directory.length + 7, stderr: 11 });
});

test('every word reaches the process byte for byte (E4)', async (t) => {
  await using records = await JobRecords.open();
  const words = [
    'a b',
    '',
    "it's",
    '"',
    '$(touch x)',
    '`id`',
    '\\',
    'two\nlines\n',
    '*',
    '-n',
    ';',
    'ü€\u{1F600}',
    '\r\t',
    '\u0081\u0088',
  ];
  const job = await records.start(['sh', '-c', 'printf "%s\\0" "$@"', 'sh', ...words, 'x'.repeat(100 * 1024)]);
  t.is(await records.end(job), 'SUCCEEDED');
  t.deepEqual((await records.read(job, 'stdout')).split('\0'), [...words, 'x'.repeat(100 * 1024), '']);
});

test('a folder of a job is private, and its environment is never empty (E3, E6)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'echo "$PATH:$HOME"; echo "$SPARK_SWARM_JOB_ID"']);
  t.is(await records.end(job), 'SUCCEEDED');
  t.is(await records.read(job, 'stdout'), `${process.env['PATH']}:${process.env['HOME']}\n${job.spec.id}\n`);
  const { stdout } = await records.sh(
    'stat -c %a "$1" "$1/env.sh" "$1/spec.json" "$1/stdout" "$1/files"',
    job.directory,
  );
  t.is(stdout, '700\n600\n600\n600\n700\n');
});

test('over ssh a job has the environment of a login (E3)', async (t) => {
  await using records = await JobRecords.open();
  const home = `${records.base}/../home`;
  await records.sh('mkdir -p "$1" && echo "echo noise; export FROM_PROFILE=yes" >"$1/.profile"', home);
  const job = await records.stage(['sh', '-c', 'echo "$FROM_PROFILE $OWN"'], { environment: "export OWN='too'\n" });
  const launch = records.scripts.launch;
  const words = [records.base, job.folder, job.nonce, job.spec.hash, 'login'];
  await records.sh(
    'HOME=$1 SHELL=/bin/sh; export HOME SHELL; script=$2; shift 2; exec sh -c "$script" launch "$@"',
    home,
    launch,
    ...words,
  );
  t.is(await records.end(job), 'SUCCEEDED');
  t.is(await records.read(job, 'stdout'), 'yes too\n');
});

test('a login that ends before the command is a failed start, never a success', async (t) => {
  await using records = await JobRecords.open();
  const home = `${records.base}/../home`;
  await records.sh('mkdir -p "$1" && echo "exit 0" >"$1/.profile"', home);
  const job = await records.stage(['echo', 'ran']);
  const words = [records.base, job.folder, job.nonce, job.spec.hash, 'login'];
  const script = 'HOME=$1 SHELL=/bin/sh; export HOME SHELL; script=$2; shift 2; exec sh -c "$script" launch "$@"';
  await records.sh(script, home, records.scripts.launch, ...words);
  t.is(await records.end(job), 'FAILED the login shell /bin/sh ended before the command, with status 0');
});

test('a command that is missing, not executable or of another machine is DONEWITHERROR with its status (J53)', async (t) => {
  await using records = await JobRecords.open();
  const missing = await records.start(['no-such-command']);
  t.is(await records.end(missing), 'DONEWITHERROR cannot start: exit 127, no such command');
  const folder = await records.start(['/tmp']);
  t.is(await records.end(folder), 'DONEWITHERROR cannot start: exit 126, the command cannot be executed');
  const foreign = await records.stage(['./foreign']);
  const staging = `${records.base}/.new/${foreign.folder}.${foreign.nonce}`;
  // The head of an ELF file for a machine that there is none of.
  await records.sh(
    String.raw`printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\002\0\377\376\001\0\0\0%64s' '' >"$1" && chmod 700 "$1"`,
    `${staging}/files/foreign`,
  );
  await records.launch(foreign);
  t.regex(await records.end(foreign), /^DONEWITHERROR cannot start: exit 12[67]/);
});

test('the job alone killed -9: 137, never KILLED and never out of memory, twenty times (J05)', async (t) => {
  await using records = await JobRecords.open();
  for (let round = 0; round < 20; round++) {
    const job = await records.startSleeper();
    for (const pid of await records.processes(job)) process.kill(pid, 'SIGKILL');
    t.is(await records.end(job), 'DONEWITHERROR killed (SIGKILL)');
  }
});

test('TERM, HUP and INT to the wrapper reach the job (E8)', async (t) => {
  await using records = await JobRecords.open();
  for (const [signal, expected] of [
    ['SIGTERM', 'DONEWITHERROR terminated (SIGTERM), and not by a cancel'],
    ['SIGHUP', 'DONEWITHERROR exit 129'],
    ['SIGINT', 'KILLED'],
  ] as const) {
    const job = await records.startSleeper();
    process.kill(await records.wrapper(job), signal);
    t.is(await records.end(job), expected);
    t.deepEqual(await records.processes(job), []);
  }
});

test("a status is the job's own also when signals came before it ended (E8), however soon after each other", async (t) => {
  await using records = await JobRecords.open();
  const line = 'trap "exit 7" TERM; trap : HUP; echo up; while :; do sleep 0.1; done';
  for (let round = 0; round < 30; round++) {
    const job = await records.startSleeper(['sh', '-c', line]);
    const wrapper = await records.wrapper(job);
    process.kill(wrapper, 'SIGHUP');
    // Not slept: the moment in which the first one is taken lasts some millionths of a second.
    const until = performance.now() + round * 0.04;
    while (performance.now() < until);
    process.kill(wrapper, 'SIGTERM');
    t.is(await records.end(job), 'DONEWITHERROR exit 7');
  }
});

test('SIGINT is not ignored by a job that was launched in the background (J21)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(['sh', '-c', 'grep SigIgn /proc/self/status']);
  const words = [records.base, job.folder, job.nonce, job.spec.hash, 'host'];
  await records.sh('script=$1; shift; sh -c "$script" launch "$@" & wait', records.scripts.launch, ...words);
  t.is(await records.end(job), 'SUCCEEDED');
  const [, mask = ''] = /SigIgn:\s*([0-9a-f]+)/.exec(await records.read(job, 'stdout')) ?? [];
  // HUP, INT, QUIT, PIPE, TERM
  t.is(BigInt(`0x${mask}`) & 0x50_07n, 0n);
});

test('fifty launches of one job at once start it once (J43, I1)', async (t) => {
  await using records = await JobRecords.open();
  const id = 'abcdefabcdef';
  const argv = ['sh', '-c', `echo start >>"${records.base}/../starts"; exec sleep 3600`];
  const jobs = await Promise.all(Array.from({ length: 50 }, async () => records.stage(argv, { id })));
  const answers = await Promise.all(jobs.map(async (job) => records.launch(job)));
  t.is(answers.filter(({ kind }) => kind === 'started').length, 1);
  t.is(answers.filter(({ kind }) => kind === 'already').length, 49);
  const pids = new Set(answers.map((answer) => ('pid' in answer ? answer.pid?.pid : undefined)));
  t.deepEqual([...pids], [await records.wrapper(jobs[0]!)]);
  t.is((await records.list()).length, 1);
  t.is((await records.sh('ls "$1"', `${records.base}/.new`)).stdout, '');
  await waitFor('the start', {
    read: async () => (await records.sh('cat "$1"', `${records.base}/../starts`)).stdout,
    until: (seen) => seen === 'start\n',
  });
});

test('the same id with another job is a conflict, and its upload is taken away (I1)', async (t) => {
  await using records = await JobRecords.open();
  const first = await records.start(SLEEP);
  const other = await records.stage(['echo', 'other'], { id: first.spec.id });
  t.deepEqual(await records.launch(other), { kind: 'conflict' });
  t.is((await records.sh('ls "$1"', `${records.base}/.new`)).stdout, '');
  t.is((await records.see(first))?.state, 'RUNNING');
});

test('a launch killed -9 at any moment starts the job at most once when it is repeated (J07, J27, I1)', async (t) => {
  await using records = await JobRecords.open();
  for (let afterMs = 0; afterMs <= 150; afterMs += 10) {
    const job = await records.stage(['sh', '-c', 'echo start >>../starts']);
    const words = [records.base, job.folder, job.nonce, job.spec.hash, 'host'];
    const child = records.spawnScript(records.scripts.launch, words);
    await sleep(afterMs);
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
    const answer = await records.launch(job);
    const { stdout: starts } = await records.sh('cat "$1" 2>/dev/null', `${job.directory}/starts`);
    const seen = `${afterMs} ms: ${JSON.stringify(answer)}, ${JSON.stringify(starts)}`;
    if (answer.kind === 'started' || (answer.kind === 'already' && answer.pid)) {
      t.is(await records.end(job), 'SUCCEEDED', seen);
      t.is(await records.read(job, 'starts'), 'start\n', seen);
    } else {
      // It was claimed, and whoever claimed it is dead.
      t.regex(answer.kind, /^(already|failed)$/, seen);
      t.is(starts, '', seen);
    }
  }
});

test('a folder without a wrapper is PENDING for 30 s and then FAILED for ever (J07)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(['true']);
  const staging = `${records.base}/.new/${job.folder}.${job.nonce}`;
  const claim = 'read -r up rest </proc/uptime; one=$(sed "s/.*) //" /proc/1/stat | cut -d" " -f20)';
  const stamp = '$(cat /proc/sys/kernel/random/boot_id):$one';
  const write = async (agoSeconds: number): Promise<void> => {
    const script = `${claim}; echo "v1 $((\${up%.*} - $2)).00 ${stamp} host" >"$1"`;
    await records.sh(script, `${job.directory}/claim`, String(agoSeconds));
  };
  await records.sh('mv "$1" "$2"; : >"$2/lock"', staging, job.directory);
  await write(3);
  t.is(await records.state(job), 'PENDING launching');
  await write(35);
  t.is(await records.state(job), 'FAILED launch: it was interrupted');
  t.deepEqual(await records.launch(job), { kind: 'failed', reason: 'launch was interrupted' });
  t.deepEqual(await records.cancel(job), { kind: 'finished' });
  t.is(await records.state(job), 'FAILED launch: it was interrupted');
  // A wrapper that comes late runs nothing.
  await records.sh('sh "$1/$2/wrapper" "$1" "$2" host 3>/dev/null', records.base, job.folder);
  t.is(await records.state(job), 'FAILED the launch took longer than 25 s');
});

test('status during the end is RUNNING or SUCCEEDED and never lost in between (J61)', async (t) => {
  await using records = await JobRecords.open();
  for (let round = 0; round < 5; round++) {
    const job = await records.start(['sh', '-c', 'until [ -e ../go ]; do sleep 0.05; done']);
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      while (seen.at(-1) !== 'SUCCEEDED') seen.push(await records.state(job));
    };
    const end = async (): Promise<void> => {
      await waitFor('two looks', { read: () => Promise.resolve(seen.length), until: (count) => count >= 2 });
      await records.sh(': >"$1/go"', job.directory);
    };
    await Promise.all([look(), look(), end()]);
    t.deepEqual([...new Set(seen)].toSorted(), ['RUNNING', 'SUCCEEDED']);
    t.deepEqual(
      seen.slice(seen.indexOf('SUCCEEDED') + 2).filter((state) => state === 'RUNNING'),
      [],
    );
  }
});

test('a wrapper that was never started, and a job whose folder was removed, are unknown jobs (J65)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper();
  const processes = [...(await records.processes(job)), await records.wrapper(job)];
  await records.sh('rm -rf "$1"', job.directory);
  t.deepEqual(await records.list(job.spec.id), []);
  t.deepEqual(await records.cancel(job), { kind: 'unknown' });
  t.is(await records.wait(job), 1);
  t.deepEqual(await records.list(NEVER), []);
  for (const pid of processes) process.kill(pid, 'SIGKILL');
});

test('the last lines of a file without an end are found within 1 MiB of it (J39)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'head -c 300000000 /dev/zero; seq 5 >&2']);
  t.is(await records.end(job), 'SUCCEEDED');
  const words = offsetsWords(records.base, job.folder, 2);
  const { stdout } = await records.run(records.scripts.offsets, words);
  t.deepEqual(readOffsets(stdout), {
    stdout: { start: 300_000_000 - 1_048_576, size: 300_000_000, gone: 0 },
    stderr: { start: 6, size: 10, gone: 0 },
  });
});
