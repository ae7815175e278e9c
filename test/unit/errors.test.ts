import test from 'ava';

import * as errors from '../../src/errors.ts';

const failed = { command: ['docker', 'info'], exitStatus: 1, stdout: 'out', stderr: 'Error: no\n' };

const all: readonly (readonly [error: errors.ToolkitError, code: string, exitCode: number])[] = [
  [new errors.UsageError('m'), 'usage', 2],
  [new errors.ConfigError('f', ['p']), 'config', 2],
  [new errors.NotFoundError('m'), 'not-found', 1],
  [new errors.InvalidStateError('m'), 'invalid-state', 1],
  [new errors.WaitTimeoutError('m'), 'timeout', 3],
  [new errors.UnreachableError('m'), 'unreachable', 4],
  [new errors.ConflictError('m'), 'conflict', 5],
  [new errors.CommandError(failed), 'command', 1],
  [new errors.EngineError('m', 500), 'engine', 1],
  [new errors.InterruptedError('m'), 'interrupted', 130],
];

for (const [error, code, exitCode] of all) {
  test(`${error.name} has its own name, code and exit status`, (t) => {
    t.true(error instanceof errors.ToolkitError);
    t.is(error.name, error.constructor.name);
    t.is(error.code, code);
    t.is(error.exitCode, exitCode);
  });
}

test('every error class is in the list above', (t) => {
  const classes = Object.keys(errors).filter((name) => name !== 'ToolkitError');
  t.deepEqual(classes.toSorted(), all.map(([error]) => error.name).toSorted());
});

test('an error without a cause has none, and one with a cause keeps it', (t) => {
  t.false('cause' in new errors.UsageError('m'));
  const cause = new Error('why');
  t.is(new errors.UsageError('m', { cause }).cause, cause);
});

test('one problem of a file is one line, several are a list', (t) => {
  t.is(new errors.ConfigError('a.yaml', ['workers: got "x"']).message, 'a.yaml: workers: got "x"');
  const several = new errors.ConfigError('a.yaml', ['one', 'two']);
  t.is(several.message, 'a.yaml has 2 problems:\n  one\n  two');
  t.deepEqual(several.problems, ['one', 'two']);
});

test('a failed command says what it was and what it said', (t) => {
  const error = new errors.CommandError(failed);
  t.is(error.message, 'Command failed with exit status 1: docker info\nError: no');
  t.is(error.stdout, 'out');
});

test('a command that does not start has no exit status', (t) => {
  const error = new errors.CommandError({ ...failed, exitStatus: undefined, stderr: '' });
  t.is(error.message, 'Command failed to start: docker info');
  t.is(error.exitStatus, undefined);
});
