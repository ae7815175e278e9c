import { spawn } from 'node:child_process';

import test from 'ava';

import { ScriptSession } from '../../../../src/adapters/machines/script-session.ts';

const signal = new AbortController().signal;

/** A shell of this machine, as another machine's would be. */
function open(): ScriptSession {
  return new ScriptSession(spawn('sh', [], { stdio: 'pipe' }), ({ stderr }) => new Error(`ended: ${stderr}`));
}

function close({ child }: ScriptSession): void {
  child.stdin?.end();
}

test('scripts run one after another in one shell, each with its own words, outputs and status', async (t) => {
  const session = open();
  const first = await session.run('printf "%s|" "$@"; echo sad >&2; cd /; exit 3', {
    args: ["it's", 'a b', '$HOME', ''],
    needsSudo: false,
    signal,
  });
  const second = await session.run('echo "$#"; cat', { needsSudo: false, signal });
  const third = await session.run('', { needsSudo: false, signal });
  close(session);

  t.deepEqual(first, { status: 3, stdout: "it's|a b|$HOME||", stderr: 'sad\n' });
  t.deepEqual(second, { status: 0, stdout: '0\n', stderr: '' });
  t.deepEqual(third, { status: 0, stdout: '', stderr: '' });
});

test('lines are told as they come, and none that is not there', async (t) => {
  const session = open();
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  await session.run('echo one; echo; printf two', { needsSudo: false, onLine, signal });
  await session.run('echo three', { needsSudo: false, onLine, signal });
  close(session);
  t.deepEqual(lines, ['one', '', 'two', 'three']);
});

test('a script that is no script does nothing', async (t) => {
  const session = open();
  const { status, stdout } = await session.run('echo begun\nif true; then', { needsSudo: false, signal });
  close(session);
  t.not(status, 0);
  t.is(stdout, '');
});

test('why the shell has ended is what the script fails with', async (t) => {
  const session = open();
  const ended = session.run('echo bye >&2; kill -9 $PPID', { needsSudo: false, signal });
  await t.throwsAsync(ended, { message: 'ended: bye\n' });
  t.false(session.isOpen);
  await t.throwsAsync(session.run('true', { needsSudo: false, signal }), { message: /^ended/ });
});

test('an interrupted script is not waited for', async (t) => {
  const session = open();
  const interrupt = new AbortController();
  const running = session.run('echo begun; sleep 5', {
    needsSudo: false,
    onLine: () => interrupt.abort(new Error('Ctrl-C')),
    signal: interrupt.signal,
  });
  await t.throwsAsync(running, { message: 'Ctrl-C' });
  session.child.kill('SIGKILL');
});
