import test from 'ava';
import * as fc from 'fast-check';

import { UsageError } from '../../../src/errors.ts';
import { formatHost, hostKey, parseHost, parseHosts } from '../../../src/machines/parse-hosts.ts';

const right: readonly (readonly [text: string, hosts: string])[] = [
  ['a', 'a'],
  ['root@a', 'root@a'],
  ['root@a,root@b:2222,[fe80::1]:22', 'root@a root@b:2222 [fe80::1]:22'],
  ['node[01-03].lan', 'node01.lan node02.lan node03.lan'],
  ['node[08-10]', 'node08 node09 node10'],
  ['node[8-10]', 'node8 node9 node10'],
  ['user@h[1-3,7]:22', 'user@h1:22 user@h2:22 user@h3:22 user@h7:22'],
  ['r[1-2]n[1,3]', 'r1n1 r1n3 r2n1 r2n3'],
  ['10.0.0.[4-5]', '10.0.0.4 10.0.0.5'],
  ['u@[fe80::1%eth0]', 'u@[fe80::1%eth0]'],
  ['a,a:2222', 'a a:2222'],
];

for (const [text, hosts] of right) {
  test(`${text} is ${hosts}`, (t) => {
    t.is(parseHosts(text, '--hosts').map(formatHost).join(' '), hosts);
  });
}

const EXAMPLE = 'expected [user@]host[:port], like root@10.0.0.4 or node[01-10].lan';
const NAME = 'expected a host name of letters, digits, dashes and dots, or an address';
const RANGES = 'expected numbers and ranges in the brackets, like [01-10] or [1-3,7]';
const USER = 'expected a user of letters, digits, dots, dashes and _ before the @';
const PORT = 'expected a port from 1 to 65535';
const IPV4 = 'expected an IPv4 address of four numbers from 0 to 255, like 10.0.0.4';
const BLANKS = 'expected hosts separated by commas, without blanks';

/** What is typed, the part that the message repeats, what it says. */
const wrong: readonly (readonly [text: string, got: string, expected: string])[] = [
  ['', '', 'expected hosts, like root@10.0.0.4,root@10.0.0.5'],
  [' ', ' ', BLANKS],
  ['a, b', 'a, b', BLANKS],
  ['a\nid', 'a\nid', BLANKS],
  ['a,,b', '', 'expected a host between two commas'],
  ['h[3-1]', 'h[3-1]', 'expected a range that counts up, like [1-3]'],
  ['h[1-501]', 'h[1-501]', 'expected at most 500 hosts'],
  ['h[1-999999999]', 'h[1-999999999]', 'expected at most 500 hosts'],
  ['a[1-100]b[1-100]', 'a[1-100]b[1-100]', 'expected at most 500 hosts'],
  ['a[1-300],b[1-300]', 'a[1-300],b[1-300]', 'expected at most 500 hosts'],
  ['h[1-03]', 'h[1-03]', 'expected both ends of the range with the same number of digits, like [01-10]'],
  ['h[]', 'h[]', RANGES],
  ['h[a-c]', 'h[a-c]', RANGES],
  ['h[1-2', 'h[1-2', EXAMPLE],
  ['a_1', 'a_1', 'expected a host name without _ (Spark refuses it)'],
  ['sраrk', 'sраrk', 'expected ASCII only'],
  ['１２７.0.0.1', '１２７.0.0.1', 'expected ASCII only'],
  ['a;id', 'a;id', NAME],
  ['$(id)', '$(id)', NAME],
  ['-oProxyCommand=id', '-oProxyCommand=id', NAME],
  ['a-', 'a-', NAME],
  ['a..b', 'a..b', NAME],
  ['-l@a', '-l@a', USER],
  ['@a', '@a', USER],
  ['a@b@c', 'a@b@c', EXAMPLE],
  ['a:0', 'a:0', PORT],
  ['a:65536', 'a:65536', PORT],
  ['a:', 'a:', PORT],
  ['a:022', 'a:022', PORT],
  ['fe80::1', 'fe80::1', 'expected brackets around an IPv6 address, like [fe80::1]:22'],
  ['[fe80::zz]', '[fe80::zz]', 'expected an IPv6 address in the brackets, like [fe80::1]'],
  ['10.0.0.256', '10.0.0.256', IPV4],
  ['10.0.0.[01-02]', '10.0.0.[01-02]', IPV4],
  ['1.2.3', '1.2.3', IPV4],
  ['x'.repeat(64), 'x'.repeat(64), 'expected at most 63 characters between two dots'],
];

for (const [text, got, expected] of wrong) {
  test(`${JSON.stringify(text)} are no hosts`, (t) => {
    t.throws(() => parseHosts(text, '--hosts'), {
      instanceOf: UsageError,
      message: `--hosts: got ${JSON.stringify(got)}; ${expected}`,
    });
  });
}

for (const [text, twice] of [
  ['a,root@a', 'root@a'],
  ['a,A:22', 'A:22'],
  ['n[1-3],n2', 'n2'],
] as const) {
  test(`in ${text} a host is there twice`, (t) => {
    t.throws(() => parseHosts(text, '--hosts'), {
      instanceOf: UsageError,
      message: `--hosts: got ${twice} twice; expected every host once`,
    });
  });
}

test('one host is not several', (t) => {
  t.deepEqual(parseHost('root@a:22', 'host'), { user: 'root', host: 'a', port: 22 });
  t.throws(() => parseHost('a[1-2]', 'host'), {
    instanceOf: UsageError,
    message: 'host: got "a[1-2]"; expected one host, like root@10.0.0.4',
  });
});

test('ways to write one host are equal', (t) => {
  t.is(hostKey(parseHost('root@Web1.lan', 'host')), hostKey(parseHost('web1.lan:22', 'host')));
  t.not(hostKey(parseHost('web1:2222', 'host')), hostKey(parseHost('web1', 'host')));
});

const address = fc.record({
  user: fc.option(fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/), { nil: undefined }),
  host: fc.oneof(fc.stringMatching(/^[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9]{0,5}){0,2}$/), fc.ipV4(), fc.ipV6()),
  port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
});

test('what is formatted is parsed again', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(address, { minLength: 1, maxLength: 5, selector: hostKey }), (hosts) => {
      t.deepEqual(parseHosts(hosts.map(formatHost).join(','), '--hosts'), hosts);
    }),
  );
});

test('a range is its hosts, with their zeros', (t) => {
  const range = fc.record({
    from: fc.integer({ min: 0, max: 9000 }),
    count: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(range, ({ from, count, width }) => {
      const pad = (number: number): string => String(number).padStart(width, '0');
      const numbers = Array.from({ length: count }, (_, index) => pad(from + index));
      t.deepEqual(
        parseHosts(`n[${numbers[0]}-${numbers.at(-1)}].lan`, '--hosts').map(formatHost),
        numbers.map((number) => `n${number}.lan`),
      );
    }),
  );
});

test('whatever is typed is parsed or refused in one sentence', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a@:,[\]0-9.-]{0,20}$/)), (text) => {
      try {
        t.true(parseHosts(text, '--hosts').length > 0);
      } catch (error) {
        t.true(error instanceof UsageError && error.message.startsWith('--hosts: got '), String(error));
      }
    }),
  );
});

test('a password before the @ is in no message', (t) => {
  const error = t.throws(() => parseHosts('root:s3cret@host', 'HOST'), { instanceOf: UsageError });
  t.true(error?.message.startsWith('HOST: got "root:…@host"; '), error?.message);
});
