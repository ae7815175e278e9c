import test from 'ava';

import { ConfigError } from '../../../src/errors.ts';
import {
  listPackageNames,
  listRequirementLines,
  readRequirements,
  showableLines,
} from '../../../src/image/packages-requirements.ts';

/** Reads `/work/requirements.txt` of these files. */
async function read(files: Readonly<Record<string, string>> | string) {
  const all = typeof files === 'string' ? { 'requirements.txt': files } : files;
  return readRequirements('/work/requirements.txt', (file) => {
    const text = all[file.replace('/work/', '')];
    return text === undefined ? Promise.reject(new Error(`no file ${file}`)) : Promise.resolve(text);
  });
}

const WHEEL_ADVICE = 'lay a wheel of it into docker/pkg (pip wheel makes one) and write its name here';

test('lines are joined and stripped as pip does it, and keep their numbers', (t) => {
  const text = [
    '\uFEFF# tables',
    '',
    'tabulate   # the small one',
    'humanize==4.* \\',
    '  ; python_version >= "3.9"',
    'a#b',
    'x \\',
    '# a comment ends it',
    '  y  ',
    'last \\',
  ].join('\r\n');
  t.deepEqual(listRequirementLines(text), [
    { text: 'tabulate', number: 3 },
    { text: 'humanize==4.* ; python_version >= "3.9"', number: 4 },
    { text: 'a#b', number: 6 },
    { text: 'x', number: 7 },
    { text: 'y', number: 9 },
    { text: 'last', number: 10 },
  ]);
});

test('an included file stands in the place of its -r, a file of -c among the constraints, each once', async (t) => {
  const requirements = await read({
    'requirements.txt': 'first\n-r more/base.txt\n-rmore/base.txt\n--constraint=limits.txt\nlast\n',
    'more/base.txt': 'inner\n-r ../requirements.txt\n-c ../limits.txt\n',
    'limits.txt': 'inner<2\n',
  });
  t.deepEqual(requirements, {
    source: '/work/requirements.txt',
    lines: ['first', 'inner', 'last'],
    constraints: ['inner<2'],
  });
});

const GOOD = [
  'humanize',
  'humanize==4.*',
  'scikit-learn[alldeps] >= 1.7, <2',
  'name (>=1)',
  "pywin32; sys_platform == 'win32'",
  'tabulate==0.9.0 --hash=sha256:00 --hash=sha256:11',
  'wheel-of-mine @ https://host/wheel_of_mine-1.0-py3-none-any.whl',
  'https://host/x-1.0.tar.gz',
  '--pre',
  '--index-url https://user:password@host/simple',
  '--extra-index-url=https://host/simple',
  '-f https://host/wheels',
  '--no-binary :all:',
  '--only-binary=:all:',
  '--require-hashes',
];

for (const line of GOOD) {
  test(`pip gets the line: ${line}`, async (t) => {
    t.deepEqual((await read(line)).lines, [line]);
  });
}

const BAD: readonly (readonly [line: string, problem: string])[] = [
  ['-e .', `"-e ." is an editable install, whose folder no container has; ${WHEEL_ADVICE}`],
  ['--editable=../x', `"--editable=../x" is an editable install, whose folder no container has; ${WHEEL_ADVICE}`],
  ['./x-1.0-py3-none-any.whl', `"./x-1.0-py3-none-any.whl" is a path of this machine; ${WHEEL_ADVICE}`],
  ['x-1.0.tar.gz', `"x-1.0.tar.gz" is a path of this machine; ${WHEEL_ADVICE}`],
  ['libs/mine', `"libs/mine" is a path of this machine; ${WHEEL_ADVICE}`],
  ['file:///x.whl', `"file:///x.whl" is a path of this machine; ${WHEEL_ADVICE}`],
  ['mine @ file:///x', `"mine @ file:///x" is a path of this machine; ${WHEEL_ADVICE}`],
  [
    'mine @ git+https://token:x@host/mine',
    `"mine @ git+https://host/mine" is built from a repository, and the image has no git; ${WHEEL_ADVICE}`,
  ],
  ['--target /x', '"--target /x": packages go to /opt/python of the image and nowhere else'],
  ['--prefix=/x', '"--prefix=/x": packages go to /opt/python of the image and nowhere else'],
  ['--find-links ./wheels', '"--find-links ./wheels" is a folder of this machine; local packages lie in docker/pkg'],
  ['--quiet', '"--quiet" is no option that can stand in such a file here'],
  ['-r https://u:p@host/x.txt', '"https://host/x.txt" is an address; only files of this machine are included'],
  ['human ize', '"human ize" is no requirement; expected a package, like humanize or humanize==4.*'],
  [
    '--index-url https://${TOKEN}@host/simple',
    "${TOKEN} would be empty: the build sees none of this shell's variables but PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_TRUSTED_HOST and the proxies",
  ],
];

for (const [line, problem] of BAD) {
  test(`refused before anything is built: ${line}`, async (t) => {
    const error = await t.throwsAsync(read(line), { instanceOf: ConfigError });
    t.is(error.message, `/work/requirements.txt: line 1: ${problem}`);
    t.is(error.exitCode, 2);
  });
}

test('the problems of all files are told at once', async (t) => {
  const error = await t.throwsAsync(
    read({ 'requirements.txt': '# head\n-e .\n-r more/base.txt\n', 'more/base.txt': '\n--user\n' }),
    { instanceOf: ConfigError },
  );
  t.is(
    error.message,
    `/work/requirements.txt has 2 problems:\n  line 2: "-e ." is an editable install, whose folder no container has; ${WHEEL_ADVICE}\n` +
      '  more/base.txt line 2: "--user": packages go to /opt/python of the image and nowhere else',
  );
});

test('a file that would not fit into a label is refused', async (t) => {
  const error = await t.throwsAsync(read('x\n'.repeat(40_000)), { instanceOf: ConfigError });
  t.is(error.message, '/work/requirements.txt: 80000 characters of requirements; at most 64000');
});

test('what is shown of a file has no address of an index, and no password', (t) => {
  const lines = ['--index-url https://u:p@host', '--trusted-host=host', '--pre', 'x @ https://u:p@host/x.whl', 'y==1'];
  t.deepEqual(showableLines(lines), ['--pre', 'x @ https://host/x.whl', 'y==1']);
});

test('names of packages are compared as PyPI compares them', (t) => {
  const lines = ['--pre', 'Typing_Extensions>=4', 'typing.extensions', 'scikit-learn[all]==1', 'https://host/x.whl'];
  t.deepEqual(listPackageNames({ source: undefined, lines, constraints: [] }), ['typing-extensions', 'scikit-learn']);
});
