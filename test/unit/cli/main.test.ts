import test from 'ava';

import type { CommandEntry } from '../../../src/cli/command-table.ts';
import { main, OutputClosedError } from '../../../src/cli/main.ts';
import {
  CommandError,
  ConfigError,
  ConflictError,
  InterruptedError,
  NotFoundError,
  UnreachableError,
  WaitTimeoutError,
} from '../../../src/errors.ts';
import { captureCli, runCli, type CliOptions, type CliOutcome } from '../../helpers/cli.ts';

/** One command, `work`, that does what it is given. */
const working = (action: () => unknown): readonly CommandEntry[] => [
  {
    words: ['work'],
    summary: 'work',
    load: async () => ({
      configure: (command) =>
        void command
          .option('--events')
          .option('-v, --verbose')
          .action(async () => void (await action())),
    }),
  },
];

const throwing = (error: unknown, options: CliOptions = {}, flags: readonly string[] = []): Promise<CliOutcome> =>
  runCli(['work', ...flags], {
    ...options,
    commands: working(() => {
      throw error;
    }),
  });

const command = { command: ['docker', 'info'], exitStatus: 3, stdout: '', stderr: 'no\n' };

const statuses: readonly (readonly [error: Error, status: number, stderr: string])[] = [
  [new NotFoundError('No cluster named "x"', { hint: 'list' }), 1, 'error: No cluster named "x"\nhint: list\n'],
  [new CommandError(command), 1, 'error: Command failed with exit status 3: docker info\nno\n'],
  [new ConfigError('a.yaml', ['b: c', 'd: e']), 2, 'error: a.yaml has 2 problems:\n  b: c\n  d: e\n'],
  [new WaitTimeoutError('Gave up after 60 s'), 3, 'error: Gave up after 60 s\n'],
  [new UnreachableError('No answer'), 4, 'error: No answer\n'],
  [new ConflictError('Port 8080 is taken'), 5, 'error: Port 8080 is taken\n'],
  [new InterruptedError('Interrupted'), 130, 'error: Interrupted\n'],
];

for (const [error, status, stderr] of statuses) {
  test(`a ${error.name} ends with status ${status} and its message on standard error`, async (t) => {
    t.deepEqual(await throwing(error), { status, stdout: '', stderr });
  });
}

test('a command that ends well ends with the status it has set', async (t) => {
  const commands: readonly CommandEntry[] = [
    {
      words: ['work'],
      summary: 'work',
      load: async () => ({
        configure: (cmd, cli) =>
          void cmd.action(() => {
            cli.exitStatus = 1;
          }),
      }),
    },
  ];
  t.deepEqual(await runCli(['work'], { commands }), { status: 1, stdout: '', stderr: '' });
});

test('anything else that is thrown is a bug, with its stack', async (t) => {
  const { status, stdout, stderr } = await throwing(new TypeError('x is not a function'));
  t.deepEqual({ status, stdout }, { status: 1, stdout: '' });
  t.regex(stderr, /^bug: TypeError: x is not a function\n {4}at .*\n(.*\n)*hint: this should not happen; /);
});

test('a module that does not load is a bug that is reported, not a crash', async (t) => {
  const commands: readonly CommandEntry[] = [
    { words: ['work'], summary: 'work', load: () => Promise.reject(new Error('Cannot find module')) },
  ];
  const { status, stderr } = await runCli(['work'], { commands });
  t.is(status, 1);
  t.regex(stderr, /^bug: Error: Cannot find module\n/);
});

test('--verbose shows the causes, the default does not', async (t) => {
  const error = new UnreachableError('No answer', { cause: new Error('ECONNREFUSED') });
  t.is((await throwing(error)).stderr, 'error: No answer\n');
  t.regex(
    (await throwing(error, {}, ['-v'])).stderr,
    /^error: No answer\nUnreachableError: No answer\n[^]*\[cause\]: Error: ECONNREFUSED/,
  );
});

test('--events gives the error as one more JSON line', async (t) => {
  const { status, stderr } = await throwing(new ConflictError('Taken', { hint: '--port ui=0' }), {}, ['--events']);
  t.is(status, 5);
  t.deepEqual(JSON.parse(stderr), {
    type: 'error',
    exitStatus: 5,
    code: 'conflict',
    message: 'Taken',
    hint: '--port ui=0',
  });
});

test('what an interrupted request throws is reported as the interruption', async (t) => {
  const controller = new AbortController();
  controller.abort(new InterruptedError('Interrupted'));
  const aborted = new DOMException('This operation was aborted', 'AbortError');
  t.deepEqual(await throwing(aborted, { signal: controller.signal }), {
    status: 130,
    stdout: '',
    stderr: 'error: Interrupted\n',
  });
});

test('nothing is said when nobody reads any more', async (t) => {
  t.deepEqual(await throwing(new OutputClosedError('closed')), { status: 130, stdout: '', stderr: '' });
});

test('an error is red on a terminal, unless NO_COLOR is set', async (t) => {
  const error = new NotFoundError('Gone');
  t.is((await throwing(error, { tty: true, env: { FORCE_COLOR: '1' } })).stderr, '\u001B[31merror:\u001B[39m Gone\n');
  t.is((await throwing(error, { tty: true, env: { NO_COLOR: '1' } })).stderr, 'error: Gone\n');
});

test('main does not touch the process', async (t) => {
  const { cli } = captureCli();
  const before = process.exitCode;
  t.is(
    await main(
      ['nope'],
      cli,
      working(() => 0),
    ),
    2,
  );
  t.is(process.exitCode, before);
});
