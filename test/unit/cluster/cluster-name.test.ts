import test from 'ava';

import { parseClusterName } from '../../../src/cluster/cluster-name.ts';
import { UsageError } from '../../../src/errors.ts';

test('a name of small letters, digits and dashes is taken as it is', (t) => {
  for (const name of ['spark', 'a', 'ab', 'team-1', `a${'b'.repeat(31)}`]) t.is(parseClusterName(name), name);
});

const refused = [
  ['', 'empty'],
  [' ', 'a blank'],
  ['1a', 'a digit first'],
  ['-rf', 'a flag'],
  ['--help', 'a flag'],
  ['a-', 'a dash at the end'],
  ['a_b', 'an underscore, which is no DNS name'],
  ['Spark', 'a capital'],
  ['$(id)', 'a shell command'],
  ['a;id', 'a shell command'],
  ['a\nb', 'two lines'],
  ['spark\n', 'a line end'],
  ['sраrk', 'Cyrillic letters that look alike'],
  [`a${'b'.repeat(32)}`, 'too long'],
] as const;

for (const [name, why] of refused) {
  test(`the name ${JSON.stringify(name)} is refused (${why})`, (t) => {
    const error = t.throws(() => parseClusterName(name), { instanceOf: UsageError });
    t.regex(error.message, /^--name: got ".*"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter$/);
    t.true(error.message.includes(JSON.stringify(name)));
  });
}

for (const name of ['default', 'ingress', 'host', 'bridge', 'none', 'docker']) {
  test(`the name ${name} is Docker's own`, (t) => {
    t.throws(() => parseClusterName(name, 'SPARK_SWARM_NAME'), {
      instanceOf: UsageError,
      message: `SPARK_SWARM_NAME: "${name}" is a name of Docker's own; choose another`,
    });
  });
}
