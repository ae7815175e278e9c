import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { labCommand, parseLabName } from '../../../src/lab/lab-names.ts';

for (const name of ['lab', 'a1', 'my-lab-2', 'a'.repeat(20)]) {
  test(`${name} names a lab`, (t) => {
    t.is(parseLabName(name, '--name'), name);
  });
}

for (const text of ['', 'a', 'Lab', '1ab', 'lab-', 'a_b', 'a'.repeat(21), 'lab ', '../x']) {
  test(`${JSON.stringify(text)} does not name a lab`, (t) => {
    t.throws(() => parseLabName(text, '--name'), {
      instanceOf: UsageError,
      message: `--name: got ${JSON.stringify(text)}; expected 2 to 20 lower-case letters, digits and dashes, beginning with a letter`,
    });
  });
}

test('a hint names the lab only when it is not the default one', (t) => {
  t.is(labCommand('up', 'lab'), 'spark-swarm lab up');
  t.is(labCommand('down', 'school', '--volumes'), 'spark-swarm lab down --name school --volumes');
});
