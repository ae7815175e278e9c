import test from 'ava';

import { ConfigError } from '../../../src/errors.ts';
import { packagesBuild } from '../../../src/image/packages-argv.ts';
import { checkJars, type FoundFile } from '../../../src/image/packages-jars.ts';
import { packagesLabels, planPackages, type PackagesRequest } from '../../../src/image/packages-plan.ts';
import { parseImageReference } from '../../../src/image/image-state.ts';

const BASE_ID = 'sha256:base';

function plan(overrides: Partial<PackagesRequest> = {}) {
  return planPackages({
    baseImage: 'spark-swarm:latest',
    baseImageId: BASE_ID,
    requirements: { source: 'requirements.txt', lines: ['humanize==4.*', 'tabulate'], constraints: [] },
    jars: [
      { path: '/a/one.jar', name: 'one.jar', sha256: '1' },
      { path: '/a/two.jar', name: 'two.jar', sha256: '2' },
    ],
    localPackages: [],
    ...overrides,
  });
}

const lines = (...all: string[]) => ({ requirements: { source: 'x', lines: all, constraints: [] } });

test("the names hold the hash, and the notebook's is the cluster's with -notebook", (t) => {
  const { hash, image, notebookImage, notebookBaseImage } = plan();
  t.regex(hash, /^[0-9a-f]{64}$/);
  t.is(image, `spark-swarm:latest-packages-${hash.slice(0, 12)}`);
  t.is(notebookImage, `${image}-notebook`);
  t.is(notebookBaseImage, 'spark-swarm:latest-notebook');
});

test('the same content is the same hash, wherever the files lie and in whatever order jars are given', (t) => {
  const jars = [
    { path: '/b/two.jar', name: 'two.jar', sha256: '2' },
    { path: '/b/one.jar', name: 'one.jar', sha256: '1' },
  ];
  t.is(plan({ jars }).hash, plan().hash);
  t.is(plan(lines('humanize==4.*', 'tabulate')).hash, plan().hash);
});

test('a new password for the index is no other image', (t) => {
  const one = plan(lines('--index-url https://user:old@host/simple', 'x'));
  t.is(plan(lines('--index-url https://user:new@host/simple', 'x')).hash, one.hash);
  t.not(plan(lines('--index-url https://other/simple', 'x')).hash, one.hash);
});

const OTHERS: readonly (readonly [what: string, overrides: Partial<PackagesRequest>])[] = [
  ['another image below', { baseImageId: 'sha256:other' }],
  ['another version', lines('humanize==3.*', 'tabulate')],
  ['another order, which can matter to pip', lines('tabulate', 'humanize==4.*')],
  ['a constraint', { requirements: { source: 'x', lines: ['humanize==4.*', 'tabulate'], constraints: ['x<2'] } }],
  ['a jar with other content', { jars: [{ path: '/a/one.jar', name: 'one.jar', sha256: '3' }] }],
  ['a local wheel', { localPackages: [{ name: 'tabulate-1-py3-none-any.whl', sha256: '4' }] }],
];

for (const [what, overrides] of OTHERS) {
  test(`another hash: ${what}`, (t) => {
    t.not(plan(overrides).hash, plan().hash);
  });
}

test('nothing asked for is the image as it is', (t) => {
  const { image, notebookImage } = plan({ ...lines(), jars: [] });
  t.deepEqual([image, notebookImage], ['spark-swarm:latest', 'spark-swarm:latest-notebook']);
});

const NAMES: readonly (readonly [base: string, expected: RegExp])[] = [
  ['spark-swarm', /^spark-swarm:latest-packages-[0-9a-f]{12}$/],
  ['registry:5000/team/spark', /^registry:5000\/team\/spark:latest-packages-[0-9a-f]{12}$/],
  ['registry:5000/spark:v2', /^registry:5000\/spark:v2-packages-[0-9a-f]{12}$/],
  [`spark:v2@sha256:${'0'.repeat(64)}`, /^spark:v2-packages-[0-9a-f]{12}$/],
  [`spark:${'v'.repeat(128)}`, /^spark:v{97}-packages-[0-9a-f]{12}$/],
];

for (const [baseImage, expected] of NAMES) {
  test(`Docker takes the names made of ${baseImage.slice(0, 40)}`, (t) => {
    const { image, notebookImage } = plan({ baseImage });
    t.regex(image, expected);
    t.is(notebookImage, `${image}-notebook`);
    for (const name of [image, notebookImage]) t.is(parseImageReference(name, 'name'), name);
  });
}

test('the labels say what is inside, without what is secret', (t) => {
  const made = plan(lines('--index-url https://u:p@host', 'humanize==4.*', 'tabulate'));
  t.deepEqual(packagesLabels(made, { name: 'spark-swarm:latest', id: BASE_ID }, undefined), {
    'io.spark-swarm.packages': made.hash,
    'io.spark-swarm.packages.base': 'spark-swarm:latest',
    'io.spark-swarm.packages.base-id': BASE_ID,
    'io.spark-swarm.packages.requirements': 'humanize==4.*\ntabulate',
    'io.spark-swarm.packages.jars': 'one.jar two.jar',
  });
});

const env = { HTTPS_PROXY: 'http://u:p@proxy:1', PIP_INDEX_URL: 'https://u:p@host', OTHER: 'x' };

test("the command passes the machine's settings by name, and only where pip runs", (t) => {
  const made = plan();
  const base = { name: made.baseImage, id: BASE_ID };
  const spark = packagesBuild(made, { name: made.image, base, filesId: undefined }, { builder: 'classic', env });
  t.is(
    spark.command.slice(0, 12).join(' '),
    `docker build --tag ${made.image} --build-arg IMAGE=spark-swarm:latest ` +
      '--build-arg WITH_PIP=1 --build-arg HTTPS_PROXY --build-arg PIP_INDEX_URL',
  );
  t.deepEqual(spark.command.slice(-2), ['--force-rm', '-']);
  t.is(spark.dockerfile, 'Dockerfile');

  const notebook = packagesBuild(
    made,
    { name: 'n', base: { name: made.notebookBaseImage, id: 'sha256:notebook' }, filesId: 'sha256:spark' },
    { builder: 'buildkit', env },
  );
  t.is(
    notebook.command.slice(0, 8).join(' '),
    `docker build --tag n --build-arg IMAGE=spark-swarm:latest-notebook --build-arg PACKAGES=${made.image}`,
  );
  t.is(notebook.command.indexOf('--force-rm'), -1);
  t.is(notebook.dockerfile, 'notebook.Dockerfile');
  t.true(notebook.command.includes('io.spark-swarm.packages.files=sha256:spark'));

  const jarsOnly = packagesBuild(plan(lines()), { name: 'j', base, filesId: undefined }, { builder: 'classic', env });
  t.deepEqual(jarsOnly.command.slice(4, 7), ['--build-arg', 'IMAGE=spark-swarm:latest', '--label']);
});

function jar(path: string, overrides: Partial<FoundFile> = {}): FoundFile {
  return { path, kind: 'file', firstBytes: '504b0304', sha256: path, ...overrides };
}

test('jars come in the order of their names, and one that is given twice is one', (t) => {
  const found = checkJars([
    jar('/x/b.jar', { sha256: 'b' }),
    jar('/x/a-1.0_2.13.jar'),
    jar('/y/b.jar', { sha256: 'b' }),
  ]);
  t.deepEqual(
    found.map(({ path, name }) => [path, name]),
    [
      ['/x/a-1.0_2.13.jar', 'a-1.0_2.13.jar'],
      ['/x/b.jar', 'b.jar'],
    ],
  );
});

test('everything that is wrong with the jars is told at once', (t) => {
  const error = t.throws(
    () =>
      checkJars([
        jar('/x/a.jar'),
        jar('/y/a.jar'),
        jar('/x/none.jar', { kind: 'missing' }),
        jar('/x/folder', { kind: 'folder' }),
        jar('/x/secret.jar', { kind: 'unreadable' }),
        jar('/x/page.jar', { firstBytes: '3c68746d' }),
        jar('/x/empty.jar', { firstBytes: '' }),
        jar('/x/a.zip'),
        jar('/x/a b.jar'),
      ]),
    { instanceOf: ConfigError },
  );
  t.is(error.exitCode, 2);
  t.deepEqual(error.message.split('\n'), [
    '--jar has 8 problems:',
    '  /y/a.jar: another jar has the name a.jar too, /x/a.jar; rename one of them',
    '  /x/none.jar: there is no such file',
    '  /x/folder: it is a folder; give each jar of it with a --jar of its own',
    '  /x/secret.jar: it cannot be read',
    '  /x/page.jar: it is no jar: it does not begin as a zip archive does',
    '  /x/empty.jar: it is no jar: it does not begin as a zip archive does',
    '  /x/a.zip: its name does not end in .jar, and Spark would not find it',
    '  /x/a b.jar: its name holds other characters than letters, digits, ".", "_", "+" and "-"; rename it',
  ]);
});
