import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { LocalShell } from '../../../src/adapters/shell/local-shell.ts';
import type { Argv } from '../../../src/adapters/shell/shell.ts';
import { CommandError, InterruptedError } from '../../../src/errors.ts';

// zx reads these once, when it is loaded: before the first command of this process.
const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-shell-'));
Object.assign(process.env, {
  ZX_PREFIX: 'echo prefixed;',
  ZX_POSTFIX: '; echo postfixed',
  ZX_VERBOSE: 'true',
  ZX_QUIET: 'false',
  ZX_CWD: '/',
  ZX_TIMEOUT: '1ms',
  ZX_PREFER_LOCAL: 'true',
  ZX_SHELL: '/nonexistent/sh',
});
test.after.always(() => rm(folder, { recursive: true }));

const shell = new LocalShell();
/** A program that prints its arguments as JSON. */
const SHOW: Argv = [process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--'];

const arguments_: readonly (readonly string[])[] = [
  [''],
  ['a b', ' ', '  '],
  ["it's", '"', '\\', '\\n', '$HOME', '${x}', '`id`', '$(id)', '!', '*', '~', '#', ';', '&', '|', '>'],
  ['\n', 'a\nb\n', '\t', '\r'],
  ['ü', '日本', '🙂', '٣'],
  ['-rf', '--', '-', '--help'],
  ['undefined', 'null'],
];

for (const args of arguments_) {
  test(`the arguments ${JSON.stringify(args)} arrive byte for byte`, async (t) => {
    const { stdout } = await shell.run([...SHOW, ...args]);
    t.deepEqual(JSON.parse(stdout), args);
  });
}

test('output and errors are kept apart, and nothing is printed', async (t) => {
  t.deepEqual(await shell.run(['sh', '-c', 'echo out; echo err >&2']), { stdout: 'out\n', stderr: 'err\n' });
});

test('standard input is what is given, and else empty', async (t) => {
  t.is((await shell.run(['cat'], { input: 'ü\n$x' })).stdout, 'ü\n$x');
  t.is((await shell.run(['cat'])).stdout, '');
});

test('a megabyte goes in and comes out', async (t) => {
  const input = 'x'.repeat(1_000_000);
  t.is((await shell.run(['cat'], { input })).stdout, input);
});

test('variables are added to those there are', async (t) => {
  const { stdout } = await shell.run(['sh', '-c', 'echo "$A:${PATH:+set}"'], { env: { A: "a'b" } });
  t.is(stdout, "a'b:set\n");
});

test('a command runs where it is told to, and else here', async (t) => {
  t.is((await shell.run(['pwd'], { cwd: folder })).stdout, `${folder}\n`);
  t.is((await shell.run(['pwd'])).stdout, `${process.cwd()}\n`);
});

test('another status than 0 is an error with all there is to know', async (t) => {
  const command: Argv = ['sh', '-c', 'echo out; echo oh no >&2; exit 7'];
  const error = await t.throwsAsync(shell.run(command), { instanceOf: CommandError });
  t.is(error.message, 'Command failed with exit status 7: sh -c echo out; echo oh no >&2; exit 7\noh no');
  t.deepEqual(error.command, command);
  t.is(error.exitStatus, 7);
  t.is(error.stdout, 'out\n');
  t.is(error.stderr, 'oh no\n');
});

test('a program that is not there is an error', async (t) => {
  const error = await t.throwsAsync(shell.run(['/nonexistent/program']), { instanceOf: CommandError });
  t.is(error.exitStatus, 127);
});

test('an abort ends the command', async (t) => {
  const controller = new AbortController();
  const running = shell.run(['sleep', '60'], { signal: controller.signal });
  setImmediate(() => controller.abort(new InterruptedError('Interrupted')));
  await t.throwsAsync(running, { instanceOf: InterruptedError, message: 'Interrupted' });
});

test('a stream hands over whole lines of both outputs', async (t) => {
  const lines: string[] = [];
  await shell.stream(['sh', '-c', 'printf "a\\nb"; echo c >&2'], (line) => lines.push(line));
  t.deepEqual(lines.toSorted(), ['a', 'b', 'c']);
});

test('a stream that fails keeps its last twenty lines', async (t) => {
  const error = await t.throwsAsync(
    shell.stream(['sh', '-c', 'seq 1 30; exit 3'], () => {}),
    { instanceOf: CommandError },
  );
  t.is(error.exitStatus, 3);
  t.deepEqual(
    error.stderr.split('\n'),
    Array.from({ length: 20 }, (_, index) => String(index + 11)),
  );
});

test('a stream of a program that is not there fails to start', async (t) => {
  const error = await t.throwsAsync(
    shell.stream(['/nonexistent/program'], () => {}),
    { instanceOf: CommandError },
  );
  t.is(error.message, 'Command failed to start: /nonexistent/program');
});

test('an abort ends a stream', async (t) => {
  const controller = new AbortController();
  const running = shell.stream(
    ['sh', '-c', 'echo started; exec sleep 60'],
    () => controller.abort(new InterruptedError('Interrupted')),
    {
      signal: controller.signal,
    },
  );
  await t.throwsAsync(running, { instanceOf: InterruptedError });
});
