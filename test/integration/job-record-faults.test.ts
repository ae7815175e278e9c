import test from 'ava';

import { taskCommand } from '../../src/jobs/launch.ts';
import { JobContainer } from '../helpers/job-container.ts';
import { JobRecords, SLEEP } from '../helpers/job-records.ts';
import { killForMemory } from '../helpers/memory-rounds.ts';
import { must } from '../helpers/must.ts';
import { waitFor } from '../helpers/wait-for.ts';

const LOST = 'DONEWITHERROR lost: gone without an exit record';
const RESTARTED = 'DONEWITHERROR lost: the machine or container was restarted';
const ENDS_WITHOUT_PROCESSES = new Set([
  'FAILED cannot fork: too many processes',
  'FAILED launch: task failed on node1',
  'DONEWITHERROR killed (SIGKILL): cannot fork: too many processes',
  'SUCCEEDED',
]);
const BASE = '/var/lib/spark/jobs/records';

test('numbers of a dead job that were given to strangers: the job is lost, and no stranger gets a signal, twenty times (J01, E2, I4)', async (t) => {
  await using container = await JobContainer.start(['--init', '--privileged']);
  const records = await JobRecords.open({ through: container.through(), base: BASE });
  // The next process that is made gets the number; setsid makes it the first of a session of that number.
  const takeOver = `
    kill -KILL "$1" "$2"
    for pid in "$1" "$2"; do
      while [ -e "/proc/$pid" ]; do sleep 0.02; done
      tries=0
      until [ "$stranger" = "$pid" ] || [ $tries -ge 50 ]; do
        echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
        setsid sleep 3600 </dev/null >/dev/null 2>&1 &
        stranger=$!
        [ "$stranger" = "$pid" ] || kill -KILL "$stranger"
        tries=$((tries + 1))
      done
    done
    for pid in "$1" "$2"; do
      tries=0
      until [ "$(tr '\\000' ' ' <"/proc/$pid/cmdline")" = 'sleep 3600 ' ] || [ $tries -ge 500 ]; do
        sleep 0.02
        tries=$((tries + 1))
      done
    done`;
  for (let round = 0; round < 20; round++) {
    const job = await records.startSleeper();
    const pids = [await records.wrapper(job), Number.parseInt(await records.read(job, 'child'), 10)].map(String);
    await records.sh(takeOver, ...pids);
    const names = async (): Promise<string> =>
      (await records.sh('for pid; do tr "\\000" " " <"/proc/$pid/cmdline"; done', ...pids)).stdout;
    t.is(await names(), 'sleep 3600 sleep 3600 ');
    t.is(await records.end(job), LOST);
    t.deepEqual(await records.cancel(job), { kind: 'lost' });
    t.is(await names(), 'sleep 3600 sleep 3600 ');
    t.is(await records.state(job), LOST);
    await records.sh('kill -KILL "$@"', ...pids);
  }
});

test('a container that was restarted: its job is lost, and the same number in the new one is a stranger (E2)', async (t) => {
  await using container = await JobContainer.start(['--init', '--volume', '/var/lib/spark/jobs']);
  const records = await JobRecords.open({ through: container.through(), base: BASE });
  const job = await records.startSleeper();
  await must('docker', ['restart', '--time', '0', container.name]);
  t.is(await records.state(job), RESTARTED);
  t.deepEqual(await records.cancel(job), { kind: 'lost' });
  t.is(await records.wait(job), 0);
  t.is(await records.state(job), RESTARTED);
});

test('a disk that is full at the start: refused at once with the reason, nothing left and nothing started (J09)', async (t) => {
  await using container = await JobContainer.start(['--init', '--tmpfs', '/small:size=256k,mode=1777']);
  const records = await JobRecords.open({ through: container.through(), base: '/small/records' });
  const job = await records.stage(SLEEP);
  await records.sh('dd if=/dev/zero of=/small/fill bs=4k status=none');
  const begun = performance.now();
  const answer = await records.launch(job);
  t.true(performance.now() - begun < 4000);
  t.deepEqual(answer, {
    kind: 'refused',
    reason: `cannot write /small/records/.new/${job.folder}.${job.nonce}/claim: No space left on device`,
  });
  t.is(
    (await records.sh('ls -A /small/records /small/records/.new')).stdout,
    '/small/records:\n.new\n\n/small/records/.new:\n',
  );
  t.deepEqual(await records.processes(job), []);
});

test('a disk that is full at the end: the record has its room; without it the job is lost, never SUCCEEDED (J11, E1, I6)', async (t) => {
  await using container = await JobContainer.start(['--init', '--tmpfs', '/small:size=256k,mode=1777']);
  const records = await JobRecords.open({ through: container.through(), base: '/small/records' });
  const argv = ['sh', '-c', 'echo up; until [ -e /tmp/go ]; do sleep 0.1; done'];
  const fill =
    'dd if=/dev/zero of=/small/fill bs=4k status=none; dd if=/dev/zero of=/small/rest bs=1 count=4096 status=none; : >/tmp/go';
  const kept = await records.startSleeper(argv);
  await records.sh(fill);
  t.is(await records.end(kept), 'SUCCEEDED');
  await records.sh('rm -f /tmp/go /small/fill /small/rest');
  const robbed = await records.startSleeper(argv);
  await records.sh(`rm "$1/exit.new"; ${fill}`, robbed.directory);
  t.is(await records.end(robbed), 'DONEWITHERROR lost: no space was left for its exit record');
  await records.sh('rm -f /small/fill');
  t.is(await records.state(robbed), LOST);
});

test('zombies that nobody reaps are dead, twenty times (J25, E1)', async (t) => {
  await using container = await JobContainer.start();
  const records = await JobRecords.open({ through: container.through(), base: BASE });
  for (let round = 0; round < 20; round++) {
    const job = await records.startSleeper();
    const processes = [await records.wrapper(job), ...(await records.processes(job))].map(String);
    await records.sh('kill -KILL "$@"', ...processes);
    await waitFor('the zombies', {
      read: async () => (await records.sh('grep -h "^State" /proc/"$1"/status /proc/"$2"/status', ...processes)).stdout,
      until: (seen) => seen === 'State:\tZ (zombie)\nState:\tZ (zombie)\n',
    });
    t.is(await records.state(job), LOST);
    t.is(await records.wait(job), 0);
  }
});

test('killed by the kernel for lack of memory is named, and a plain kill -9 is not (J37)', async (t) => {
  await killForMemory(t, 5);
});

test('a folder of records that another user has made is not used (J67)', async (t) => {
  await using container = await JobContainer.start(['--init']);
  const records = await JobRecords.open({ through: container.through('185'), base: '/tmp/base' });
  await must('docker', ['exec', '--user', '4711', container.name, 'sh', '-c', 'mkdir -m 1777 /tmp/base']);
  const job = await records.stage(SLEEP);
  t.deepEqual(await records.launch(job), {
    kind: 'refused',
    reason: '/tmp/base belongs to uid 4711, not to uid 185: use another folder',
  });
  t.deepEqual(await records.processes(job), []);
});

test('a job that became another user is RUNNING, and a cancel says that it may not (J71)', async (t) => {
  await using container = await JobContainer.start(['--init']);
  await must('docker', [
    'exec',
    '--user',
    '0',
    container.name,
    'sh',
    '-c',
    'cp "$(command -v setpriv)" /usr/local/bin/up; chmod 4755 /usr/local/bin/up',
  ]);
  const records = await JobRecords.open({ through: container.through('185'), base: BASE });
  const job = await records.startSleeper(['up', '--reuid=0', '--clear-groups', 'sh', '-c', 'echo up; exec sleep 3600']);
  t.is(await records.state(job), 'RUNNING');
  const leader = Number.parseInt(await records.read(job, 'child'), 10);
  t.deepEqual(await records.cancel(job, 100), { kind: 'denied', processes: [leader] });
  t.is(await records.state(job), 'TOBEKILLED');
  await must('docker', ['exec', '--user', '0', container.name, 'sh', '-c', `kill -KILL ${leader}`]);
  t.is(await records.end(job), 'KILLED escalated');
});

test('where /proc hides the processes of others a job is seen and cancelled as elsewhere (J73)', async (t) => {
  await using container = await JobContainer.start(['--init', '--cap-add', 'SYS_ADMIN', '--user', '0']);
  await must('docker', ['exec', '--user', '0', container.name, 'mount', '-o', 'remount,hidepid=2', '/proc']);
  const records = await JobRecords.open({ through: container.through('185'), base: BASE });
  t.not((await records.sh('cat /proc/1/stat')).status, 0);
  const job = await records.startSleeper();
  t.is(await records.state(job), 'RUNNING');
  t.deepEqual(await records.cancel(job), { kind: 'ended', code: 130 });
  t.is(await records.state(job), 'KILLED');
});

test('where no process can be made the job is refused or FAILED, with the reason, and nothing runs (J75)', async (t) => {
  await using container = await JobContainer.start(['--init']);
  const records = await JobRecords.open({ through: container.through('54321'), base: '/tmp/records' });
  const limited = 'limit=$1; shift; exec prlimit --nproc="$limit" "$@"';
  const launched: string[] = [];
  while (launched.at(-1) !== 'started') {
    const job = await records.stage(SLEEP);
    const words = [
      'sh',
      '-c',
      records.scripts.launch,
      'launch',
      records.base,
      job.folder,
      job.nonce,
      job.spec.hash,
      'host',
    ];
    const { stdout } = await records.sh(limited, String(launched.length + 1), ...words);
    launched.push(stdout.startsWith('started') ? 'started' : stdout);
    if (stdout.startsWith('started')) await records.cancel(job);
    t.deepEqual(await records.processes(job), []);
  }
  // How many of them run at once differs: the launch may have had enough, and the wrapper not.
  for (const answer of launched) t.regex(answer, /^((refused|failed) cannot fork: too many processes\n|started)$/);
  t.true(launched.length > 1);
  const ran: string[] = [];
  while (ran.at(-1) !== 'SUCCEEDED') {
    // Who ends a job that takes too long is made after the job: that can fail too.
    const job = await records.stage(['sleep', '3'], { mode: 'task', timeoutMs: 3_600_000 });
    await records.launch(job, 'task');
    await records.sh(limited, String(ran.length + 1), ...taskCommand(records.base, job.folder));
    const seen = await records.state(job, 'failed');
    ran.push(seen);
    t.true(ENDS_WITHOUT_PROCESSES.has(seen), seen);
    t.deepEqual(await records.processes(job), []);
  }
  t.true(ran.length > 1);
});

test("where the command's own shell cannot make a process, or its wrapper only after it, none is left (J75)", async (t) => {
  await using container = await JobContainer.start(['--init']);
  const records = await JobRecords.open({ through: container.through('54321'), base: '/tmp/records' });
  // Programs that take the processes away at one moment: from what the wrapper starts; from the wrapper, when that runs.
  const narrow = String.raw`
    mkdir /tmp/child /tmp/wrapper
    printf '%s\n' '#!/bin/sh' 'case $1 in --default-signal=*,*) exec prlimit --nproc=1 /usr/bin/env "$@" ;; esac' \
      'exec /usr/bin/env "$@"' >/tmp/child/env
    printf '%s\n' '#!/bin/sh' 'case $* in *timeoutMs*) until [ -e child ]; do sleep 0.05; done' \
      'read -r wrapper rest <pid; prlimit --pid "$wrapper" --nproc=1 ;; esac' 'exec /usr/bin/grep "$@"' >/tmp/wrapper/grep
    chmod +x /tmp/child/env /tmp/wrapper/grep`;
  t.is((await records.sh(narrow)).status, 0);
  const launch = 'PATH=/tmp/$1:$PATH; export PATH; script=$2; shift 2; exec sh -c "$script" launch "$@"';
  const endOf = async (whose: string): Promise<string> => {
    const job = await records.stage(SLEEP, { timeoutMs: 3_600_000 });
    const words = [records.base, job.folder, job.nonce, job.spec.hash, 'host'];
    t.regex((await records.sh(launch, whose, records.scripts.launch, ...words)).stdout, /^started /);
    const end = await records.end(job);
    t.deepEqual(await records.processes(job), []);
    return end;
  };
  t.is(await endOf('child'), 'FAILED cannot fork: too many processes');
  t.is(await endOf('wrapper'), 'DONEWITHERROR killed (SIGKILL): cannot fork: too many processes');
});

test('a job of a task: claimed in one container, run in another, watched and cancelled from the first', async (t) => {
  const volume = (await must('docker', ['volume', 'create', '--label', 'io.spark-swarm.job-test=1'])).trim();
  const mount = ['--volume', `${volume}:/var/lib/spark/jobs`];
  try {
    await using master = await JobContainer.start(['--init', ...mount]);
    const records = await JobRecords.open({ through: master.through(), base: BASE });
    const job = await records.stage(['sh', '-c', 'echo up; exec sleep 3600'], { mode: 'task' });
    t.deepEqual(await records.launch(job, 'task'), { kind: 'claimed' });
    t.like(await records.launch(job, 'task'), { kind: 'already', pid: undefined });
    t.is(await records.state(job), 'PENDING its service is being made');
    t.is(await records.state(job, 'pending'), 'PENDING task pending on node1');
    await using task = await JobContainer.start(['--init', '--user', '0', ...mount], taskCommand(BASE, job.folder));
    await records.readSoon(job, 'stdout');
    t.is(await records.state(job, 'running'), 'RUNNING');
    t.is(await records.wait(job, 1), 3);
    t.deepEqual(await records.cancel(job, 500, 'record'), { kind: 'marked' });
    t.is(await records.state(job, 'running'), 'TOBEKILLED');
    const there = await JobRecords.open({ through: task.through(), base: BASE });
    const [waited, cancelled] = await Promise.all([records.wait(job), there.cancel(job)]);
    t.is(waited, 0);
    // Its container ends with the job, and with who has cancelled it.
    t.regex(cancelled.kind, /^(ended|marked)$/);
    t.is(await records.state(job, 'failed'), 'KILLED');
    // Whatever starts it a second time, it runs once.
    await using again = await JobContainer.start(['--user', '0', ...mount], taskCommand(BASE, job.folder));
    await must('docker', ['wait', again.name]);
    t.is(await records.state(job, 'failed'), 'KILLED');
    t.is(await records.read(job, 'stdout'), 'up\n');
  } finally {
    await must('docker', ['volume', 'rm', '--force', volume]);
  }
});

test('a task that was cancelled before its container never runs', async (t) => {
  await using container = await JobContainer.start(['--init']);
  const records = await JobRecords.open({ through: container.through(), base: BASE });
  const job = await records.stage(SLEEP, { mode: 'task' });
  t.deepEqual(await records.launch(job, 'task'), { kind: 'claimed' });
  t.deepEqual(await records.cancel(job, 500, 'record'), { kind: 'ended', code: 130 });
  t.is((await records.sh('"$@"', ...taskCommand(BASE, job.folder))).status, 130);
  t.is(await records.state(job), 'KILLED before start');
});

test("the end of a task's container ends the job with a record", async (t) => {
  const volume = (await must('docker', ['volume', 'create', '--label', 'io.spark-swarm.job-test=1'])).trim();
  const mount = ['--volume', `${volume}:/var/lib/spark/jobs`];
  try {
    await using master = await JobContainer.start(['--init', ...mount]);
    const records = await JobRecords.open({ through: master.through(), base: BASE });
    const job = await records.stage(SLEEP, { mode: 'task' });
    await records.launch(job, 'task');
    await using task = await JobContainer.start(['--init', '--user', '0', ...mount], taskCommand(BASE, job.folder));
    await records.readSoon(job, 'stdout');
    await must('docker', ['stop', '--time', '60', task.name]);
    t.is(await records.end(job), 'DONEWITHERROR terminated (SIGTERM), and not by a cancel');
  } finally {
    await must('docker', ['volume', 'rm', '--force', volume]);
  }
});
