import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { projectRoot } from '../helpers/cli.ts';

/** Folders that decide and compute; what they need of the world is handed to them. oxlint refuses cycles among them. */
const PURE = [
  'top',
  'cluster',
  'spark',
  'compose',
  'containers',
  'stack',
  'image',
  'lab',
  'machines',
  'swarm',
  'doctor',
  'jobs',
  'explain',
  'setup',
  'config',
] as const;
const LIBRARY = [...PURE, 'operations', 'platforms', 'adapters'] as const;

/** What a folder of src/ may import values from. Types may come from anywhere but `cli`, which only `cli` sees. */
const VALUES_FROM: Readonly<Record<string, readonly string[]>> = {
  top: ['top'],
  ...Object.fromEntries(PURE.slice(1).map((folder) => [folder, PURE])),
  operations: [...PURE, 'operations', 'platforms'],
  platforms: LIBRARY,
  adapters: [...PURE, 'adapters'],
  // Where adapters and platforms are put together, for the command line and for the library.
  connections: [...LIBRARY, 'connections'],
  cli: [...LIBRARY, 'connections', 'cli'],
  // What the library offers, and the page that lists it.
  library: [...LIBRARY, 'connections', 'library'],
  index: ['top', 'cluster', 'library'],
};

/** Packages and modules of Node that reach files, processes, networks or engines. */
const WORLD =
  /^(zx(\/.*)?|dockerode|docker-compose|node-ssh|modern-tar\/fs|node:(fs|fs\/promises|net|http|https|http2|tls|dns|dgram|child_process|os|cluster|worker_threads))$/;
const TERMINAL = /^(commander|chalk|listr2|@clack\/prompts|cli-table3|log-update|node:tty)$/;
const PROCESS = /\bprocess\.(env|exit|argv|cwd|on|std(in|out|err)|exitCode)\b/;

const MAX_LINES = 300;

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

interface Source {
  readonly file: string;
  readonly text: string;
}

const files = (folder: string, accept = /\.ts$/): readonly string[] =>
  readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => accept.test(name) && statSync(path.join(projectRoot, folder, name)).isFile())
    .map((name) => path.join(folder, name))
    .toSorted();

const read = (names: readonly string[]): readonly Source[] =>
  names.map((file) => ({ file, text: readFileSync(path.join(projectRoot, file), 'utf8') }));

function importsOf(text: string): readonly Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:([^;'"]*?)\s+from\s+)?'([^']+)';/gm);
  const dynamic = text.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g);
  return [
    ...[...statements].map(([, type, names = '', specifier = '']) => ({
      specifier,
      isTypeOnly: type !== undefined || hasOnlyTypes(names),
    })),
    ...[...dynamic].map(([, specifier = '']) => ({ specifier, isTypeOnly: false })),
  ];
}

function hasOnlyTypes(names: string): boolean {
  const list = /^\{([^]*)\}$/.exec(names.trim())?.[1];
  return list !== undefined && list.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
}

/** `top` for the files directly in src/, else the folder's name. */
function folderOf(file: string): string {
  const [, first = ''] = file.split(path.sep);
  if (first === 'index.ts') return 'index';
  return first.endsWith('.ts') ? 'top' : first;
}

/** What a file does that its folder may not. Empty when all is well. */
function violations({ file, text }: Source): readonly string[] {
  const folder = folderOf(file);
  const allowed = VALUES_FROM[folder];
  if (!allowed) return [`${file}: the folder src/${folder} is not in the table of this test`];
  const isEdge = folder === 'adapters' || file === path.join('src', 'cli', 'run.ts');
  const found = importsOf(text).flatMap((imported) => wrongImport(file, folder, allowed, imported) ?? []);
  return PROCESS.test(withoutComments(text)) && !isEdge
    ? [...found, `${file} uses the process; only src/adapters and src/cli/run.ts may`]
    : found;
}

function wrongImport(
  file: string,
  folder: string,
  allowed: readonly string[],
  { specifier, isTypeOnly }: Import,
): string | undefined {
  if (!specifier.startsWith('.')) {
    if (isTypeOnly) return undefined;
    if (WORLD.test(specifier) && folder !== 'adapters') return `${file} imports ${specifier}; only src/adapters may`;
    if (TERMINAL.test(specifier) && folder !== 'cli') return `${file} imports ${specifier}; only src/cli may`;
    return undefined;
  }
  const target = folderOf(path.join(path.dirname(file), specifier));
  if (allowed.includes(target) || (isTypeOnly && target !== 'cli')) return undefined;
  return `${file} imports ${specifier}; src/${folder} may import values only from ${allowed.join(', ')}`;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
}

const sources = read(files('src'));
const code = [
  ...sources,
  ...read([...files('scripts', /\.mjs$/), ...files('bin', /./), ...files('sbin', /./), ...files('.ci', /./)]),
  ...read([...files('docker', /^(?!.*(pkg|README)).*$/), 'docker-compose.yml', 'package.json']),
];

test('every file imports only what its folder may', (t) => {
  t.deepEqual(sources.flatMap(violations), []);
});

const wrong: readonly (readonly [file: string, text: string, message: string])[] = [
  ['src/units.ts', "import { $ } from 'zx';", 'src/units.ts imports zx; only src/adapters may'],
  ['src/lab/a.ts', "await import('node:fs');", 'src/lab/a.ts imports node:fs; only src/adapters may'],
  ['src/stack/a.ts', "import chalk from 'chalk';", 'src/stack/a.ts imports chalk; only src/cli may'],
  [
    'src/cluster/a.ts',
    "import {\n  type A,\n  b,\n} from '../adapters/b.ts';",
    'src/cluster/a.ts imports ../adapters/b.ts; src/cluster may import values only from ' + PURE.join(', '),
  ],
  [
    'src/adapters/shell/a.ts',
    "import type { CliContext } from '../../cli/context.ts';",
    'src/adapters/shell/a.ts imports ../../cli/context.ts; src/adapters may import values only from ' +
      [...PURE, 'adapters'].join(', '),
  ],
  ['src/lab/a.ts', 'process.exit(1);', 'src/lab/a.ts uses the process; only src/adapters and src/cli/run.ts may'],
  ['src/new/a.ts', '', 'src/new/a.ts: the folder src/new is not in the table of this test'],
];

for (const [file, text, message] of wrong) {
  test(`the rule finds: ${message}`, (t) => {
    t.deepEqual(violations({ file, text }), [message]);
  });
}

test('types may come from adapters', (t) => {
  for (const text of [
    "import type { A } from '../adapters/a.ts';",
    "import { type A, type B } from '../adapters/a.ts';",
  ]) {
    t.deepEqual(violations({ file: 'src/lab/a.ts', text }), []);
  }
});

test(`no file is longer than ${MAX_LINES} lines`, (t) => {
  const all = [...sources, ...read([...files('test'), ...files('scripts', /\.mjs$/)])];
  const long = all.filter(({ text }) => text.split('\n').length - 1 > MAX_LINES);
  t.deepEqual(
    long.map(({ file }) => file),
    [],
  );
});

test('no file exports a default', (t) => {
  t.deepEqual(
    sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ file }) => file),
    [],
  );
});

test('no download address is written anywhere', (t) => {
  const address =
    /https?:\/\/(?!localhost|127\.|docker\b)[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|net|io|dev|de|edu|eu)\b/gi;
  const found = code.flatMap(({ file, text }) =>
    [...withoutLicences(text).matchAll(address)].map(([url]) => `${file}: ${url}`),
  );
  t.deepEqual(found, []);
  t.false(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8').includes('"resolved"'));
});

/** The licence asks for its own address in the head of a file. */
function withoutLicences(text: string): string {
  return text.replaceAll(/https?:\/\/www\.apache\.org\/licenses\/\S*/g, '');
}

test('no path of one machine is written anywhere', (t) => {
  const machine = /(?<![\w/.$}])\/(home\/[a-z][a-z0-9]*\/|work\/(main|shared)|Users\/|root\/(?!\.))/;
  const found = (list: readonly Source[], pattern: RegExp): readonly string[] =>
    list.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
  t.deepEqual(found(code, machine), []);
  // Tests may make up a home directory, but not rely on this checkout's place.
  t.deepEqual(found(read(files('test')), /\/work\/(?:main|shared)\//), []);
});

test('package-lock.json knows every optional package, also those of other platforms', (t) => {
  // `npm ci` refuses a lock without them; npm leaves out what the registry it asked does not have.
  const lock = JSON.parse(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
  };
  const wanted = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  const missing = wanted.filter(
    (name) => !Object.keys(lock.packages).some((key) => key.endsWith(`node_modules/${name}`)),
  );
  t.deepEqual(missing, []);
});
