import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { COMMANDS } from '../../src/cli/command-table.ts';
import { planMasterSize, planWorkerSize } from '../../src/cluster/sizes.ts';
import { UsageError } from '../../src/errors.ts';
import { LABELS } from '../../src/labels.ts';
import { formatSize, parseCores, parseSize } from '../../src/units.ts';
import { projectRoot, runCli } from '../helpers/cli.ts';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const readme = read('README.md');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(projectRoot, 'docs')).map((name) => `docs/${name}`),
];

/** Rows of the first table whose head has these words in this order: one list of cells each, without back quotes. */
function tableRows(text: string, head: readonly string[]): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|') && cellsOf(line).join('|') === head.join('|'));
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return start < 0 ? [] : rows.slice(0, end < 0 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.replaceAll('`', '').trim());
}

const WORKER_HEAD = [
  '--worker-cores',
  '--worker-memory',
  'daemon',
  'overhead',
  'Spark memory',
  'Spark cores',
  'default executor',
];

for (const page of ['README.md', 'docs/sizes.md']) {
  test(`${page}: every line of the table of sizes is what the code computes`, (t) => {
    const rows = tableRows(read(page), WORKER_HEAD);
    t.true(rows.length >= 5);
    for (const row of rows) {
      const [cores = '', memory = ''] = row;
      const size = planWorkerSize(parseSize(memory, page), parseCores(cores, page));
      const computed = [size.daemonBytes, size.overheadBytes, size.sparkMemoryBytes].map(formatSize);
      t.deepEqual(row, [
        String(size.limitCores),
        formatSize(size.limitBytes),
        ...computed,
        String(size.sparkCores),
        formatSize(size.executorMemoryBytes),
      ]);
    }
  });
}

test('docs/sizes.md: the smallest worker is in the table, and one less is refused', (t) => {
  t.true(tableRows(read('docs/sizes.md'), WORKER_HEAD).some(([cores, memory]) => cores === '1' && memory === '1280m'));
  t.throws(() => planWorkerSize(parseSize('1279m', 'size'), 1), { instanceOf: UsageError });
});

test('docs/sizes.md: every line of the table of masters is what the code computes', (t) => {
  const rows = tableRows(read('docs/sizes.md'), ['--master-memory', 'daemon', 'drivers of 1g']);
  t.true(rows.length >= 3);
  for (const row of rows) {
    const size = planMasterSize(parseSize(row[0] ?? '', 'size'), 1);
    t.deepEqual(row, [formatSize(size.limitBytes), formatSize(size.daemonBytes), String(size.driverRoom)]);
  }
});

const commands = tableRows(readme, ['script', 'command', 'what it does']);

test('README.md: every command of the program is in the table of commands', (t) => {
  const named = new Set(commands.map(([, command = '']) => command.split(' ')[0]));
  t.deepEqual(
    COMMANDS.map(({ words }) => words[0]).filter((word) => !named.has(word)),
    [],
  );
});

for (const [script = '', command = ''] of commands) {
  test(`README.md: the command "${command}" exists, and so does ${script}`, async (t) => {
    const { status, stdout, stderr } = await runCli([...command.split(' '), '--help']);
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    t.true(stdout.startsWith(`Usage: spark-swarm ${command} `), stdout.split('\n')[0]);
    t.true(existsSync(path.join(projectRoot, script.split(' ')[0] ?? '')), script);
  });
}

test('README.md: every launcher is in the table of commands', (t) => {
  const launchers = ['bin', 'sbin'].flatMap((folder) =>
    readdirSync(path.join(projectRoot, folder)).map((name) => `${folder}/${name}`),
  );
  t.deepEqual(
    launchers.filter((launcher) => !commands.some(([script = '']) => script.split(' ')[0] === launcher)),
    [],
  );
});

test('README.md begins with the two commands', (t) => {
  const [, firstBlock = ''] = /```sh\n([^]*?)```/.exec(readme) ?? [];
  t.regex(firstBlock, /^npm run quickstart\b.*\nnpm test\b.*\n$/);
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  t.true('quickstart' in scripts && 'test' in scripts);
});

test('README.md: the table of exit statuses is that of every help', async (t) => {
  const { stdout } = await runCli(['--help']);
  const said = [...stdout.matchAll(/^ {2}(\d+) {2,}(.+)$/gm)].map(([, status, meaning]) => [status, meaning]);
  const rows = tableRows(readme, ['status', 'meaning']);
  t.deepEqual(
    rows.map(([status]) => status),
    said.map(([status]) => status),
  );
  for (const [index, [, meaning = '']] of said.entries()) t.true(rows[index]?.[1]?.startsWith(meaning), meaning);
});

test('docs/architecture.md: every label is in the table of labels', (t) => {
  const rows = tableRows(read('docs/architecture.md'), ['label', 'on', 'says']);
  t.deepEqual(new Set(rows.map(([label]) => label)), new Set(Object.values(LABELS)));
});

for (const page of pages.filter((name) => name.endsWith('.md'))) {
  test(`${page}: every link leads somewhere`, (t) => {
    const links = [...read(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    t.deepEqual(
      links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link)),
      [],
    );
  });
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(projectRoot, target))) return false;
  return anchor === undefined || anchorsOf(read(target)).includes(anchor);
}

/** As GitHub makes them: lower case, blanks to dashes, other marks dropped. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('no page names a download address or a path of one machine', (t) => {
  // The two addresses of the changelog's own form, and the name of SVG's language.
  const allowed = /https?:\/\/(keepachangelog\.com|semver\.org|www\.w3\.org)\/\S*/g;
  for (const page of pages) {
    const text = read(page).replaceAll(allowed, '');
    t.notRegex(text, /https?:\/\/(?!192\.168\.|127\.|localhost)/, page);
    t.notRegex(text, /(?<![\w/.$}])\/(home\/[a-z]|work\/(main|shared)|Users\/)/, page);
  }
});
