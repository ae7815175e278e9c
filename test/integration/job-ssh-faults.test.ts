import { randomBytes } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import test from 'ava';

import { readJobScripts } from '../../src/adapters/jobs/job-scripts.ts';
import { packRecord } from '../../src/adapters/jobs/pack-record.ts';
import { openSshJobShell, type SshJobShell } from '../../src/adapters/jobs/ssh-job-shell.ts';
import { ConflictError, UnreachableError } from '../../src/errors.ts';
import type { JobPlan } from '../../src/jobs/job-plan.ts';
import type { ShellResult } from '../../src/jobs/job-shell.ts';
import { NO_EXTRAS, type LaunchContext } from '../../src/operations/jobs/job-context.ts';
import { runJob, type Launched } from '../../src/operations/jobs/run.ts';
import { projectRoot } from '../helpers/cli.ts';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { TestMachines } from '../helpers/machines.ts';
import { must } from '../helpers/must.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { StandIn } from '../helpers/stand-in.ts';

// Jobs on a machine that is entered by ssh, while connections break, with a real sshd (OpenSSH 10, its penalties on).
const CUTS = 32;
const signal = new AbortController().signal;
// Fifty operations listen to it at once.
setMaxListeners(0, signal);

let set: TestMachines;
let machine: StandIn;

test.before(async (t) => {
  t.timeout(600_000);
  set = await TestMachines.start({ machines: [{ engine: false }], prefix: 'edge' });
  [machine] = set.machines as [StandIn];
  // `ssh` is looked for in this process's PATH.
  Object.assign(process.env, { PATH: set.env['PATH'] });
});

test.after.always(async () => set?.[Symbol.asyncDispose]());

/** A job that leaves a line in a file of its own each time it is started. */
function countingPlan(id: string): JobPlan {
  const spec = {
    schemaVersion: 1,
    id,
    name: 'count',
    type: 'shell',
    cluster: 'cuts',
    driver: 'ssh://ops@edge1',
    argv: ['sh', '-c', `echo start >> /home/ops/starts-${id}; sleep 1`],
    environment: [],
    files: [],
    createdAt: new Date().toISOString(),
    createdBy: 'test@here',
    timeoutMs: null,
    graceMs: 1000,
    hash: randomBytes(32).toString('hex'),
  } as const;
  return { spec, driver: spec.driver, options: [], environment: '', uploads: [], contentHash: '' };
}

async function launchContext(shell: SshJobShell): Promise<LaunchContext> {
  const scripts = await readJobScripts(projectRoot);
  return {
    cluster: 'cuts',
    driver: 'ssh://ops@edge1',
    shell,
    runner: undefined,
    events: { shell, script: '' },
    scripts,
    report: () => {},
    signal,
    readMaster: async () => undefined,
    prepare: async () => NO_EXTRAS,
    pack: async (plan, { extras, folder: place }) => packRecord(plan, { scripts, extras, folder: place }),
  };
}

/** The way to the machine through a proxy that can be cut. */
async function openCuttable(t: {
  readonly teardown: (end: () => Promise<void>) => void;
}): Promise<{ readonly proxy: CuttingProxy; readonly context: LaunchContext }> {
  const proxy = await CuttingProxy.start(machine.address, 22);
  const extra = `Host cut-${proxy.port}\n  HostName 127.0.0.1\n  Port ${proxy.port}\n  HostKeyAlias ${machine.address}\n`;
  await set.operator.writeSshConfig(set.machines, extra);
  const shell = await openSshJobShell({ user: 'ops', host: `cut-${proxy.port}`, port: undefined }, 'cuts', { signal });
  t.teardown(async () => proxy[Symbol.asyncDispose]());
  return { proxy, context: await launchContext(shell) };
}

test.serial(
  `J27: cut at ${CUTS} points of the answers, a job is started once each time, and the retry says so`,
  async (t) => {
    t.timeout(600_000);
    const { proxy, context } = await openCuttable(t);
    const run = async (id: string): Promise<Launched> => runJob(context, countingPlan(id), { driverBytes: undefined });
    proxy.takeAnswered();
    await run('000000000000');
    const whole = proxy.takeAnswered();
    t.log(`${whole} bytes of answers to one launch`);
    const ids = Array.from({ length: CUTS }, (_, n) => (0x100 + n).toString(16).padStart(12, '0'));
    let repeated = 0;
    for (const [n, id] of ids.entries()) {
      // The connection is there: the cut is in what is said about this job.
      await context.shell.run('true', [], { signal });
      proxy.cutAfter(Math.floor((whole * n) / CUTS));
      const launched = await run(id);
      t.is(launched.state, 'RUNNING', `cut ${n}`);
      repeated += Number(launched.process !== undefined);
    }
    t.is(repeated, CUTS);
    await waitFor('the last to say that it has started', {
      read: async () => machine.must(`cat /home/ops/starts-${ids.at(-1)} || true`),
      until: (said) => said !== '',
    });
    const counts = await machine.must(
      `cat ${ids.map((id) => `/home/ops/starts-${id}`).join(' ')} | wc -l; ls /home/ops/starts-* | wc -l`,
    );
    t.is(counts, `${CUTS}\n${CUTS + 1}`);
  },
);

test.serial('J27: output that is cut off is an error, and never the end of a job', async (t) => {
  const { proxy, context } = await openCuttable(t);
  const stdout = new PassThrough();
  const seen = text(stdout);
  proxy.cutAfter(200_000);
  const stream = context.shell.stream('head -c 1000000 /dev/zero | tr "\\0" x', [], {
    stdout,
    stderr: new PassThrough().resume(),
    signal,
  });
  await t.throwsAsync(stream, {
    instanceOf: UnreachableError,
    message: `Cannot work on ssh://ops@cut-${proxy.port}:${proxy.port} by ssh: the connection was lost`,
  });
  stdout.end();
  const got = (await seen).length;
  t.true(got > 0 && got < 1_000_000, `${got}`);
});

test.serial(
  'what programs print comes byte for byte, and a status of 255 is not taken for a lost connection',
  async (t) => {
    const shell = await openSshJobShell({ user: 'ops', host: 'edge1', port: undefined }, 'bytes', { signal });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = Promise.all([text(stdout), text(stderr)]);
    const words = ["it's", 'a b\nc', '$(id)', ''];
    const status = await shell.stream('printf "%s|" "$@"; echo problem >&2; exit 255', words, {
      stdout,
      stderr,
      signal,
    });
    stdout.end();
    stderr.end();
    t.deepEqual(await texts, [words.map((word) => `${word}|`).join(''), 'problem\n']);
    t.is(status, 254);
    t.deepEqual(await shell.run('printf "%s|" "$@"', words, { signal }), {
      status: 0,
      stdout: words.map((word) => `${word}|`).join(''),
      stderr: '',
    });
    t.is(shell.base, '/home/ops/.spark-swarm/jobs/bytes');
  },
);

test.serial(
  'an archive that breaks on the way is what the upload fails with, and one that cannot be unpacked says where',
  async (t) => {
    const shell = await openSshJobShell({ user: 'ops', host: 'edge1', port: undefined }, 'broken', { signal });
    const reason = new Error('the file became shorter');
    const broken = new Readable({
      read() {
        this.destroy(reason);
      },
    });
    t.is(await t.throwsAsync(shell.upload(broken, `${shell.base}/.new/x`, signal)), reason);
    const refused = await t.throwsAsync(shell.upload(Readable.from([Buffer.alloc(1024)]), '/proc/1/x', signal));
    t.regex(
      refused?.message ?? '',
      /^Cannot unpack files in \/proc\/1\/x on ssh:\/\/ops@edge1:22: mkdir: cannot create directory/,
    );
  },
);

test.serial(
  'J29: a machine that says nothing any more is given up within half a minute, and worked with when it is back',
  async (t) => {
    const shell = await openSshJobShell({ user: 'ops', host: 'edge1', port: undefined }, 'hole', { signal });
    t.is((await shell.run('echo here', [], { signal })).stdout, 'here\n');
    await machine.pause();
    const startedAt = performance.now();
    await t.throwsAsync(shell.run('echo never', [], { signal, timeoutMs: 60_000 }), { instanceOf: UnreachableError });
    const tookMs = performance.now() - startedAt;
    await machine.unpause();
    // 15 to 20 s until the keepalive gives up, and 7 in which ssh tries a connection of its own instead.
    t.true(tookMs < 30_000, `${tookMs} ms`);
    t.is((await shell.run('echo back', [], { signal })).stdout, 'back\n');
  },
);

test.serial('J31: a changed host key is refused before a login, with both fingerprints', async (t) => {
  const known = path.join(set.operator.home, '.ssh', 'changed_hosts');
  const other = path.join(set.operator.home, '.ssh', 'other');
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
  const [kind, key] = (await readFile(`${other}.pub`, 'utf8')).split(' ');
  await writeFile(known, `# a comment\n${machine.address} ${kind} ${key}\n`);
  await set.operator.writeSshConfig(
    set.machines,
    `Host changed\n  HostName ${machine.address}\n  UserKnownHostsFile ${known}\n`,
  );
  const cursor = await machine.must("journalctl --lines 0 --show-cursor | sed -n 's/^-- cursor: //p'");
  const error = await t.throwsAsync(
    openSshJobShell({ user: 'ops', host: 'changed', port: undefined }, 'x', { signal }),
    { instanceOf: ConflictError },
  );
  const fingerprint = (line: string): string => line.split(' ')[1] ?? '';
  const here = fingerprint(await must('ssh-keygen', ['-l', '-f', `${other}.pub`]));
  const there = fingerprint(await machine.must('ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub'));
  t.is(
    error.message,
    `Cannot enter ssh://ops@changed:22: its host key is ${there}, and known here is ${here}; it may be another machine, and nothing was sent to it`,
  );
  t.is(error.hint, 'if it was installed anew, check the new key with whoever did it, then: ssh-keygen -R changed');
  t.is(error.exitCode, 5);
  t.notRegex(
    await machine.must(`journalctl --unit ssh --after-cursor '${cursor}' --output cat`),
    /Accepted|Failed|authenticating user/,
  );
});

test.serial(
  'J77: fifty operations at once, and twelve streams beside them, pass through an sshd of ten sessions',
  async (t) => {
    const shell = await openSshJobShell({ user: 'ops', host: 'edge1', port: undefined }, 'many', { signal });
    const streams = Array.from({ length: 12 }, async () =>
      shell.stream('sleep 3', [], { stdout: new PassThrough().resume(), stderr: new PassThrough().resume(), signal }),
    );
    const work = async (n: number): Promise<ShellResult> => shell.run('echo "$1"', [String(n)], { signal });
    const results = await Promise.all(Array.from({ length: 50 }, async (_, n) => work(n)));
    t.deepEqual(
      results.map(({ stdout }) => stdout),
      Array.from({ length: 50 }, (_, n) => `${n}\n`),
    );
    t.deepEqual(
      await Promise.all(streams),
      Array.from({ length: 12 }, () => 0),
    );
  },
);

test.serial(
  'J77: logins that come at once while the sshd lets few in are tried again, and all get through',
  async (t) => {
    // Each alias is a connection of its own.
    const aliases = Array.from({ length: 6 }, (_, n) => `few${n}`);
    const extra = aliases.map((name) => `Host ${name}\n  HostName ${machine.address}\n`).join('');
    await set.operator.writeSshConfig(set.machines, extra);
    await machine.must("echo 'MaxStartups 2:100:4' > /etc/ssh/sshd_config.d/few.conf && systemctl restart ssh");
    const since = await machine.must("date '+%Y-%m-%d %H:%M:%S'");
    const open = async (host: string): Promise<string> =>
      (await openSshJobShell({ user: 'ops', host, port: undefined }, 'few', { signal })).place;
    // Those who never log in take the room, until somebody was turned away.
    const silent = Array.from({ length: 2 }, () => connect({ host: machine.address, port: 22 }));
    t.teardown(() => silent.forEach((socket) => socket.destroy()));
    await Promise.all(silent.map(async (socket) => once(socket, 'data')));
    const opening = Promise.all(aliases.map(open));
    const journal = `journalctl --unit ssh --since '${since}' --output cat`;
    await waitFor('a login that is turned away', {
      read: async () => machine.must(journal),
      until: (said) => /drop connection .*Maxstartups/i.test(said),
    });
    for (const socket of silent) socket.destroy();
    const places = await opening;
    await machine.must('rm /etc/ssh/sshd_config.d/few.conf && systemctl restart ssh');
    t.deepEqual(
      places,
      aliases.map((name) => `ssh://ops@${name}:22`),
    );
  },
);
