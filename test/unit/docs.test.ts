import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { hintFor } from '../../src/adapters/compose/compose-hint.ts';
import { readProjectFile } from '../../src/adapters/files/project-file.ts';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { notebookLimitBytes, planMasterSize, planWorkerSize } from '../../src/cluster/sizes.ts';
import { KEY_NAMES, KEY_RULES } from '../../src/config/keys.ts';
import { UsageError } from '../../src/errors.ts';
import { PACKAGES_LABELS } from '../../src/image/packages-plan.ts';
import { LABELS } from '../../src/labels.ts';
import { formatSize, parseCores, parseSize } from '../../src/units.ts';
import { projectRoot, runCli } from '../helpers/cli.ts';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const readme = read('README.md');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'nfs/README.md',
  ...readdirSync(path.join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => path.extname(name) !== '')
    .map((name) => `docs/${name}`),
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

test('docs/sizes.md: every line of the table of notebooks is what the code computes', (t) => {
  const rows = tableRows(read('docs/sizes.md'), ['spark.driver.memory', 'JupyterLab', 'overhead', 'limit']);
  t.true(rows.length >= 3);
  for (const [driver = '', jupyter = '', overhead = '', limit] of rows) {
    const limitBytes = notebookLimitBytes({ 'spark.driver.memory': driver });
    t.is(limit, formatSize(limitBytes));
    t.is(
      [jupyter, driver, overhead].reduce((sum, size) => sum + parseSize(size, 'size'), 0),
      limitBytes,
    );
  }
});

const commands = tableRows(readme, ['script', 'command', 'what it does']);
const oldWords = tableRows(readme, ['what you typed', 'what it means now']);

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

test('README.md: every launcher is in the table of commands or in that of the old words', (t) => {
  const launchers = ['bin', 'sbin'].flatMap((folder) =>
    readdirSync(path.join(projectRoot, folder)).map((name) => `${folder}/${name}`),
  );
  const named = new Set([...commands, ...oldWords].map(([typed = '']) => typed.split(' ')[0]));
  t.deepEqual(
    launchers.filter((launcher) => !named.has(launcher)),
    [],
  );
});

test('README.md: every old script that is said to work is there', (t) => {
  const scripts = oldWords.flatMap(([typed = '', meaning = '']) =>
    meaning.startsWith('not there yet') ? [] : [...typed.matchAll(/(?:s?bin|docker)\/\S+/g)].map(([file]) => file),
  );
  t.true(scripts.length >= 7);
  t.deepEqual(
    scripts.filter((file) => !existsSync(path.join(projectRoot, file))),
    [],
  );
});

/** Text of /etc/os-release, as each system has it. */
const RELEASES: Readonly<Record<string, string>> = {
  'Debian 13 and newer': 'ID=debian\nVERSION_ID="13"\n',
  'Debian 12': 'ID=debian\nVERSION_ID="12"\n',
  Ubuntu: 'ID=ubuntu\nID_LIKE=debian\n',
  'Fedora, RHEL and their kin': 'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
  Alpine: 'ID=alpine\n',
  Arch: 'ID=arch\n',
};

test('README.md: what installs Docker Compose is what the message says', (t) => {
  const rows = tableRows(readme, ['system', 'what to type']).filter(([system]) => system !== 'macOS');
  t.deepEqual(
    rows,
    Object.entries(RELEASES).map(([system, release]) => [system, hintFor(release)]),
  );
});

test('docs/configuration.md: every key of the project file is in its table, with its flag', (t) => {
  const rows = tableRows(read('docs/configuration.md'), ['key', 'flag', 'value']);
  t.deepEqual(
    rows.map(([key, flag]) => [key, flag]),
    KEY_NAMES.map((key) => [key, `--${KEY_RULES[key].flag}`]),
  );
});

for (const page of ['README.md', 'docs/configuration.md']) {
  test(`${page}: the project files that it shows have no fault`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-docs-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const examples = [...read(page).matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
    t.true(examples.length > 0);
    for (const [index, text] of examples.entries()) {
      const file = path.join(folder, `${index}.yaml`);
      writeFileSync(file, text);
      await t.notThrowsAsync(readProjectFile({ file, shown: page }), text);
    }
  });
}

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

/** What other programs say, and what happens without a word of ours. */
const NOT_OURS = [
  'CERTIFICATE_VERIFY_FAILED',
  'An application waits for ever',
  'has no network',
  'Small jobs work',
  'A lab is left',
];

test('README.md: the messages under "Troubleshooting" are those of the code', (t) => {
  const messages = [...readme.slice(readme.indexOf('## Troubleshooting')).matchAll(/\*\*(.+?)\*\*/g)]
    .map(([, message = '']) => message)
    .filter((message) => NOT_OURS.every((words) => !message.includes(words)));
  t.true(messages.length >= 15);
  // Every value is cut out on both sides; what is left between two of them stands in the code.
  const code = sourceFiles()
    .map((text) => text.replaceAll('\\"', '"').replaceAll(/'\s*\+\s*'|`\s*\+\s*`/g, ''))
    .join('\n');
  for (const message of messages) {
    const pieces = message
      .split(/…|: |"[^"]*"|\b(?:lab|worker)-1\b|--port \w+=\d+|\d+/)
      .map((piece) => piece.replaceAll(/^[\s("]+|[\s.)("]+$/g, ''));
    for (const piece of pieces.filter((text) => text.length > 6)) t.true(code.includes(piece), `${message}: ${piece}`);
  }
});

function sourceFiles(): readonly string[] {
  const folder = path.join(projectRoot, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

test('docs/architecture.md: every label of an image with packages is in its table', (t) => {
  const rows = tableRows(read('docs/architecture.md'), ['label of the image', 'says']);
  t.deepEqual(new Set(rows.map(([label]) => label)), new Set(Object.values(PACKAGES_LABELS)));
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
