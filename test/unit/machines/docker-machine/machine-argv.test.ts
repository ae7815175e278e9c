import test from 'ava';

import { UsageError } from '../../../../src/errors.ts';
import {
  checkMachineName,
  createArguments,
  machineLabel,
  removeArguments,
} from '../../../../src/machines/docker-machine/machine-argv.ts';

test("our flags come before the user's, and the name comes last", (t) => {
  const argv = createArguments({
    name: 'myvm1',
    swarm: 'demo',
    driver: 'virtualbox',
    ownFlags: ['--virtualbox-memory', '2048'],
    driverFlags: ['--virtualbox-no-share'],
  });
  t.deepEqual(argv, [
    'create',
    '--driver',
    'virtualbox',
    '--engine-label',
    'io.spark-swarm.machine=demo',
    '--virtualbox-memory',
    '2048',
    '--virtualbox-no-share',
    'myvm1',
  ]);
});

test('a label is executed on the machine, so nothing but a name is let through', (t) => {
  t.is(machineLabel('swarm-2'), 'io.spark-swarm.machine=swarm-2');
  for (const text of ['$(id)', 'a b', "a';id", '', 'A', '1a']) {
    const error = t.throws(() => machineLabel(text), { instanceOf: UsageError });
    t.is(
      error.message,
      `swarm: got ${JSON.stringify(text)}; expected lower-case letters, digits and dashes, beginning with a letter`,
    );
  }
});

test('a name is a hostname', (t) => {
  for (const name of ['a', 'myvm1', 'My-VM-2', 'a'.repeat(63)]) t.is(checkMachineName(name, 'machine'), name);
  for (const name of ['', '-a', 'a-', 'a_b', 'a.b', '--force', 'a b', 'a'.repeat(64), 'spark-swarm-bootstrap']) {
    const error = t.throws(() => checkMachineName(name, '--prefix'), { instanceOf: UsageError });
    t.is(
      error.message,
      `--prefix: got ${JSON.stringify(name)}; expected at most 63 letters, digits and dashes, with no dash at either end`,
    );
  }
});

test('a machine that may cost money is not forgotten by force', (t) => {
  t.deepEqual(removeArguments('a', { force: false }), ['rm', '-y', 'a']);
  t.deepEqual(removeArguments('a', { force: true }), ['rm', '--force', '-y', 'a']);
});
