import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import test from 'ava';

import { projectRoot } from '../../helpers/cli.ts';

const run = promisify(execFile);
const modules = path.join(projectRoot, 'node_modules');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * A project that has installed the package as npm would pack it. Its dependencies are those of this project, and no other
 * package is there but what a TypeScript project has.
 */
async function installPacked(folder: string): Promise<void> {
  const packed = path.join(folder, 'packed');
  const installed = path.join(folder, 'node_modules', 'spark-swarm');
  await mkdir(packed);
  await mkdir(installed, { recursive: true });
  await run('npm', ['pack', '--ignore-scripts', '--offline', '--pack-destination', packed], { cwd: projectRoot });
  const [archive = ''] = await readdir(packed);
  await run('tar', ['-xzf', path.join(packed, archive), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as Manifest;
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const link = path.join(folder, 'node_modules', name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.join(modules, name), link);
  }
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'scratch', type: 'module' }));
}

let folder = '';

test.before(async (t) => {
  t.timeout(180_000);
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-package-'));
  await installPacked(folder);
});

test.after.always(async () => {
  await rm(folder, { recursive: true, force: true });
});

const FUNCTIONS = [
  'createCluster',
  'formatEndpoints',
  'listClusters',
  'readNotebookUrl',
  'readStatus',
  'removeCluster',
  'resizeCluster',
  'submitApplication',
];

test('a script imports the packed library: these are its functions, and their own folder is the project folder', async (t) => {
  const script = `
    import * as library from 'spark-swarm';
    const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name) && typeof library[name] === 'function');
    const nowhere = { platform: 'containers', processEnv: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } };
    const error = await library.readStatus(nowhere).catch((caught) => caught);
    console.log(JSON.stringify({ functions, code: error.code, isOurs: error instanceof library.UnreachableError }));
  `;
  await writeFile(path.join(folder, 'script.mjs'), script);
  const { stdout, stderr } = await run(process.execPath, ['script.mjs'], { cwd: folder });
  t.deepEqual(JSON.parse(stdout), { functions: FUNCTIONS, code: 'unreachable', isOurs: true });
  t.is(stderr, '');
});

test('the recipes of the package say what is wrong when there is no engine', async (t) => {
  const recipe = path.join(folder, 'node_modules', 'spark-swarm', 'examples', 'nightly-job.mjs');
  const env = { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const error = await t.throwsAsync<Error & { readonly code: number; readonly stderr: string }>(
    run(process.execPath, [recipe], { cwd: folder, env }),
  );
  t.is(error.code, 4);
  t.regex(error.stderr, /^error: The Docker engine at unix:\/\/\/nowhere\/docker\.sock does not answer: /);
});

/** Blocks of code on a page, each a module of its own. */
async function codeOf(page: string): Promise<readonly string[]> {
  const text = await readFile(path.join(projectRoot, page), 'utf8');
  return [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code);
}

/** What a user might get wrong: the compiler shall say so. */
const WRONG = `
import { createCluster, resizeCluster, submitApplication } from 'spark-swarm';
// @ts-expect-error a misspelt option
await createCluster({ worker: 3 });
// @ts-expect-error sizes have a unit
await createCluster({ workerMemory: 2 });
// @ts-expect-error how many?
await resizeCluster({ name: 'a' });
// @ts-expect-error one word is no list of words
await submitApplication({ argv: 'app.py' });
const { exitStatus } = await submitApplication({ argv: ['app.py'] });
exitStatus satisfies number;
// What may be undefined can be passed on.
await createCluster({ name: process.env['NAME'], workers: undefined, signal: undefined });
`;

test('a TypeScript project finds all types; the code of docs/library.md and the recipes are right', async (t) => {
  t.timeout(120_000);
  const blocks = await codeOf('docs/library.md');
  t.true(blocks.length >= 4);
  for (const [index, code] of blocks.entries()) await writeFile(path.join(folder, `page-${index}.ts`), code);
  await writeFile(path.join(folder, 'wrong.ts'), WRONG);
  await cp(path.join(projectRoot, 'examples'), path.join(folder, 'examples'), { recursive: true });
  const compilerOptions = {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  };
  // Untyped scripts: what a recipe asks of the library is checked, and not what it leaves open itself. zx's own types are
  // not whole without a package of others.
  const loose = { strict: false, exactOptionalPropertyTypes: false, skipLibCheck: true, allowJs: true, checkJs: true };
  const checks = [
    { compilerOptions, include: ['*.ts'] },
    { compilerOptions: { ...compilerOptions, ...loose }, include: ['examples/*.mjs'] },
  ];
  for (const config of checks) {
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(modules, 'typescript', 'bin', 'tsc');
    const said = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).then(
      ({ stdout }) => stdout,
      (error: { readonly stdout: string }) => error.stdout,
    );
    t.is(said, '');
  }
});
