import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { SshMachineShell } from '../../src/adapters/ssh/ssh-machine-shell.ts';
import { UnreachableError } from '../../src/errors.ts';
import type { ScriptOptions, ScriptResult } from '../../src/machines/machine.ts';
import { projectRoot } from '../helpers/cli.ts';
import { TestMachines } from '../helpers/machines.ts';
import { must } from '../helpers/must.ts';
import type { StandIn } from '../helpers/stand-in.ts';
import { waitFor } from '../helpers/wait-for.ts';

// Real ssh to real sshds of Debian 12 (OpenSSH 9.2) and 13 (10.0, with its penalties on).
let set: TestMachines;
let trixie: StandIn;
let bookworm: StandIn;

const signal = new AbortController().signal;
const file = (name: string): string => path.join(set.operator.home, '.ssh', name);

test.before(async () => {
  set = await TestMachines.start({ machines: ['trixie', 'bookworm'], prefix: 'ssh' });
  [trixie, bookworm] = set.machines as [StandIn, StandIn];
  // What a user has in ~/.ssh/config: one alias for each way in which a login fails.
  const alias = (name: string, ...lines: readonly string[]): string =>
    `Host ${name}\n  HostName ${trixie.address}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('other')]);
  const otherKey = (await readFile(file('other.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  // A user who is there, and does not know our key.
  await trixie.must('useradd --create-home --shell /bin/bash stranger');
  await writeFile(file('changed_hosts'), `${trixie.address} ${otherKey}\n`);
  for (const name of ['empty_hosts', 'new_hosts']) await writeFile(file(name), '');
  await set.operator.writeSshConfig(
    set.machines,
    [
      alias('changed', `UserKnownHostsFile ${file('changed_hosts')}`),
      alias('changed-too', `UserKnownHostsFile ${file('changed_hosts')}`),
      alias('unknown', `UserKnownHostsFile ${file('empty_hosts')}`),
      alias('newcomer', `UserKnownHostsFile ${file('new_hosts')}`),
      alias('desk', 'User ops', 'RemoteCommand false', 'LocalForward 1 127.0.0.1:1', 'RequestTTY yes'),
      `Host dead\n  HostName ${set.unusedAddress}\n`,
    ].join(''),
  );
  // `ssh` is looked for in this process's PATH.
  Object.assign(process.env, set.env);
  for (const [name, value] of Object.entries(set.env)) if (value === undefined) delete process.env[name];
});

test.after.always(async () => set?.[Symbol.asyncDispose]());

const open = async (host: string, user?: string): Promise<SshMachineShell> =>
  SshMachineShell.open({ user, host, port: undefined });
const run = async (
  host: string,
  script: string,
  { user = 'root', ...options }: Partial<ScriptOptions> & { readonly user?: string } = {},
): Promise<ScriptResult> => (await open(host, user)).runScript(script, { signal, ...options });

/** TCP connections to its sshd, as the machine counts them. */
const countConnections = async (machine: StandIn): Promise<number> =>
  Number(await machine.must("ss -tnH state established '( sport = :22 )' | wc -l"));

for (const release of ['trixie', 'bookworm'] as const) {
  test(`${release}: a script has its arguments, its output and its status`, async (t) => {
    const { name } = set.machines.find((machine) => machine.release === release) ?? trixie;
    const args = ['a b', "it's", '$HOME `id`', '', 'é\n𝄞'];
    const script = 'id -un; printf "%s|" "$@"; echo "to err" >&2; exit 3';
    t.deepEqual(await run(name, script, { args }), {
      status: 3,
      stdout: `root\n${args.map((arg) => `${arg}|`).join('')}`,
      stderr: 'to err\n',
    });
    t.deepEqual(await run(name, ''), { status: 0, stdout: '', stderr: '' });
  });

  test(`${release}: a script that ends with 255, which is also ssh's own status, has ended`, async (t) => {
    const { name } = set.machines.find((machine) => machine.release === release) ?? trixie;
    t.deepEqual(await run(name, 'echo last; echo words >&2; exit 255'), {
      status: 255,
      stdout: 'last\n',
      stderr: 'words\n',
    });
    t.is((await run(name, 'kill -9 $$')).status, 137);
  });
}

test('who is not root becomes it by sudo, or stays who it is where that is wanted', async (t) => {
  t.is((await run(trixie.name, 'id -un', { user: 'ops' })).stdout, 'root\n');
  t.is((await run(trixie.name, 'id -un', { user: 'ops', asRoot: false })).stdout, 'ops\n');
});

test('20 MB come whole, characters that are cut by packets too, and lines are handed over as they come', async (t) => {
  const script =
    'head -c 20000000 /dev/zero | tr "\\0" x; echo; i=0; while [ $i -lt 30000 ]; do printf é→𝄞; i=$((i+1)); done';
  const lines: number[] = [];
  const { stdout } = await run(bookworm.name, script, { onLine: (line) => lines.push(line.length) });
  t.is(stdout, `${'x'.repeat(20_000_000)}\n${'é→𝄞'.repeat(30_000)}`);
  t.deepEqual(lines, [20_000_000, 120_000]);
});

test('commands in a script that read their input get none, and the script goes on', async (t) => {
  t.deepEqual(await run(trixie.name, 'cat; sh; echo done'), { status: 0, stdout: 'done\n', stderr: '' });
});

test.serial('twenty scripts at once go over one connection, which is kept', async (t) => {
  t.is((await run(trixie.name, 'true')).status, 0);
  const before = await countConnections(trixie);
  const work = async (n: number): Promise<ScriptResult> =>
    run(trixie.name, `echo ${n}; ss -tnH state established '( sport = :22 )' | wc -l; sleep 0.2`);
  const results = await Promise.all(Array.from({ length: 20 }, async (_, n) => work(n)));
  t.deepEqual(
    results.map(({ stdout }) => stdout),
    Array.from({ length: 20 }, (_, n) => `${n}\n${before}\n`),
  );
  t.is(await countConnections(trixie), before);
});

test("an alias of ~/.ssh/config is resolved by ssh itself, and what it does at a person's login is left out", async (t) => {
  const shell = await open('desk');
  t.deepEqual(shell.address, { user: 'ops', host: 'desk', port: 22 });
  t.is(shell.hostName, trixie.address);
  t.is(shell.host, 'ops@desk');
  t.is(shell.engineHost, 'ssh://ops@desk:22');
  t.is((await shell.runScript('id -un', { asRoot: false, signal })).stdout, 'ops\n');
});

const failures: readonly (readonly [what: string, host: string, user: string, seen: string, hint: string])[] = [
  [
    'a host key that is not known',
    'unknown',
    'root',
    'its host key is not known here',
    'ssh root@unknown once, and compare the fingerprint; or --accept-new-host-keys',
  ],
  [
    'a host key that has changed',
    'changed',
    'root',
    'its host key has changed, so it may be another machine; nothing was sent to it',
    'if it was installed anew, check the new key with whoever did it, then: ssh-keygen -R changed',
  ],
  [
    'a key that the machine does not know',
    'desk',
    'stranger',
    'it does not let the user "stranger" in (it takes publickey, password)',
    'ssh-copy-id stranger@desk; or name the right user or key in ~/.ssh/config',
  ],
  [
    'a user that is not there',
    'desk',
    'nobody-here',
    'it does not let the user "nobody-here" in (it takes publickey, password)',
    'ssh-copy-id nobody-here@desk; or name the right user or key in ~/.ssh/config',
  ],
  [
    'a user without sudo',
    'desk',
    'visitor',
    'the user "visitor" may not use sudo there without a password',
    "log in as root, or as root there: echo 'visitor ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/spark-swarm",
  ],
  [
    'a name that nobody knows',
    'no-such-host.invalid',
    'root',
    'there is no host "no-such-host.invalid"',
    'check the name; ~/.ssh/config or /etc/hosts may hold it',
  ],
  [
    'an address that nobody has',
    'dead',
    'root',
    'no way leads to its address from here',
    'check the address and the network; is it switched on?',
  ],
];

for (const [what, host, user, seen, hint] of failures) {
  test.serial(`${what} is said, with what to do`, async (t) => {
    const error = await t.throwsAsync(run(host, 'true', { user }), { instanceOf: UnreachableError });
    t.is(error.message, `Cannot work on ${user}@${host} by ssh: ${seen}`);
    t.is(error.hint, hint);
    t.is(error.exitCode, 4);
  });
}

test.serial('a port where nobody listens is said', async (t) => {
  const shell = await SshMachineShell.open({ user: 'root', host: trixie.name, port: 2222 });
  await t.throwsAsync(shell.runScript('true', { signal }), {
    instanceOf: UnreachableError,
    message: `Cannot work on root@${trixie.name}:2222 by ssh: connection refused at port 2222`,
  });
});

test.serial('a changed host key is refused before anybody logs in, also where new keys are accepted', async (t) => {
  const since = await trixie.must("date '+%Y-%m-%d %H:%M:%S'");
  const shell = await SshMachineShell.open(
    { user: 'ops', host: 'changed-too', port: undefined },
    { acceptNewHostKeys: true },
  );
  await t.throwsAsync(shell.runScript('true', { signal }), {
    instanceOf: UnreachableError,
    message:
      'Cannot work on ops@changed-too by ssh: its host key has changed, so it may be another machine; nothing was sent to it',
  });
  const log = await trixie.must(`journalctl --unit ssh --since '${since}' --output cat`);
  t.notRegex(log, /Accepted|Failed|authenticating user/);
});

test.serial('a new host key is remembered where that is asked for', async (t) => {
  const address = { user: 'root', host: 'newcomer', port: undefined };
  const shell = await SshMachineShell.open(address, { acceptNewHostKeys: true });
  t.is((await shell.runScript('echo in', { signal })).stdout, 'in\n');
  const [known = ''] = (await readFile(file('new_hosts'), 'utf8')).split('\n');
  t.true((await trixie.readHostKeys()).includes(known.split(' ')[2] ?? '?'), known);
});

test.serial('a login that was refused is not tried again at once: an sshd of today would lock us out', async (t) => {
  const since = await trixie.must("date '+%Y-%m-%d %H:%M:%S'");
  const shell = await open(trixie.name, 'stranger');
  const tries = Array.from({ length: 10 }, async () => t.throwsAsync(shell.runScript('true', { signal })));
  t.is(new Set((await Promise.all(tries)).map((error) => error?.message)).size, 1);
  await t.throwsAsync(shell.runScript('true', { signal }));
  const log = await waitFor('sshd to have written of it', {
    read: async () => trixie.must(`journalctl --unit ssh --since '${since}' --output cat`),
    until: (lines) => lines.includes('Connection closed by authenticating user stranger'),
  });
  t.is(log.match(/Connection closed by authenticating user stranger/g)?.length, 1, log);
});

test.serial('a connection that breaks in the middle is said, and the next script logs in again', async (t) => {
  const shell = await open(bookworm.name, 'root');
  t.is((await shell.runScript('echo one', { signal })).stdout, 'one\n');
  const script = 'echo begun; pkill -f "sshd: root@notty"; sleep 20; echo never';
  await t.throwsAsync(shell.runScript(script, { signal }), {
    instanceOf: UnreachableError,
    message: `Cannot work on root@${bookworm.name} by ssh: the connection was lost`,
  });
  t.is((await shell.runScript('echo two', { signal })).stdout, 'two\n');
});

test.serial('a machine that has rebooted is entered again, although its old connection was kept', async (t) => {
  t.is((await run(bookworm.name, 'echo before')).stdout, 'before\n');
  await bookworm.kill();
  await bookworm.start();
  t.is((await run(bookworm.name, 'echo after')).stdout, 'after\n');
});

test.serial('a script that takes too long is given up, and an interruption ends one', async (t) => {
  await t.throwsAsync(run(trixie.name, 'sleep 60', { timeoutMs: 500 }), {
    instanceOf: UnreachableError,
    message: `The script on root@${trixie.name} did not end within 0.5 s`,
  });
  const controller = new AbortController();
  const slow = run(trixie.name, 'sleep 60', { signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  t.is(await t.throwsAsync(slow), reason);
});

test.serial('a program has the input, the output and the status of the one who started it', async (t) => {
  const module = path.join(projectRoot, 'dist', 'src', 'adapters', 'ssh', 'ssh-machine-shell.js');
  const program = `
    const { SshMachineShell } = await import(${JSON.stringify(module)});
    const shell = await SshMachineShell.open({ user: 'root', host: '${trixie.name}', port: undefined });
    process.exitCode = await shell.attach(process.argv.slice(1), { signal: new AbortController().signal });`;
  const start = async (...argv: readonly string[]): ReturnType<TestMachines['run']> =>
    set.run(process.execPath, ['--input-type=module', '-e', program, ...argv], { input: 'from here\n' });
  const { status, stdout, stderr } = await start('cat; echo err >&2; exit 7');
  t.deepEqual({ status, stdout, stderr }, { status: 7, stdout: 'from here\n', stderr: 'err\n' });
  t.is((await start('exit 255')).status, 255);
});

test.serial('no program is left behind, but the one that keeps the connection', async (t) => {
  // The keeper has a title of its own; every other ssh of ours names this operator's configuration.
  const { stdout } = await set.run('ps', ['-eo', 'args']);
  const ours = stdout.split('\n').filter((line) => line.includes(set.operator.sshConfigFile));
  t.deepEqual(ours, []);
});
