import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { projectRoot } from '../../helpers/cli.ts';

interface Ended {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (file: string, args: readonly string[], cwd = projectRoot): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(file, args, { cwd }, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }));
  });

const launchers = ['bin', 'sbin'].flatMap((folder) =>
  readdirSync(path.join(projectRoot, folder)).map((name) => path.join(folder, name)),
);

/** Names of the older scripts, which end in .sh, and what each is today. */
const oldNames: readonly (readonly [file: string, today: string])[] = [
  ...launchers.filter((file) => file.endsWith('.sh')).map((file) => [file, file.replace(/\.sh$/, '')] as const),
  ['docker/build-image.sh', 'bin/build-image'],
];

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

for (const launcher of [...launchers, 'docker/build-image.sh']) {
  test(`${launcher} is short, may be executed and has --help`, async (t) => {
    const file = path.join(projectRoot, launcher);
    t.is(statSync(file).mode & 0o777, 0o755);
    t.true(readFileSync(file, 'utf8').split('\n').length <= 20);
    const { status, stdout, stderr } = await start(file, ['--help']);
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    t.regex(stdout, /^Usage:/);
  });
}

test('the older scripts are all there', (t) => {
  t.deepEqual(oldNames.map(([file]) => file).toSorted(), [
    'bin/get-master-ip.sh',
    'bin/resize-cluster.sh',
    'bin/spark-container-service.sh',
    'docker/build-image.sh',
    'sbin/config-swarm.sh',
    'sbin/spark-cluster-service.sh',
  ]);
});

for (const [file, today] of oldNames) {
  test(`${file} is ${today}: by itself, by sh and bash, and through symlinks, from anywhere`, async (t) => {
    const folder = temporaryFolder(t);
    const script = path.join(projectRoot, file);
    const expected = await start(path.join(projectRoot, today), ['--help']);
    // A relative link to an absolute one, in a folder with a blank that is a link itself.
    mkdirSync(path.join(folder, 'my scripts'));
    symlinkSync(script, path.join(folder, 'my scripts', 'first'));
    symlinkSync('first', path.join(folder, 'my scripts', '-second'));
    symlinkSync('my scripts', path.join(folder, 'linked'));
    const second = path.join(folder, 'linked', '-second');
    for (const words of [[script], ['sh', script], ['bash', script], [second], ['sh', second]]) {
      const [program = '', ...args] = words;
      t.deepEqual(await start(program, [...args, '--help'], folder), expected, words.join(' '));
    }
    t.deepEqual(await start('sh', [path.basename(file), '--help'], path.dirname(script)), expected);
  });
}

test('package.json lists every launcher of today', (t) => {
  const { bin } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
    bin: Readonly<Record<string, string>>;
  };
  t.deepEqual(Object.values(bin).toSorted(), launchers.filter((file) => !file.endsWith('.sh')).toSorted());
});

test('a launcher works through a symlink and from another directory', async (t) => {
  const folder = temporaryFolder(t);
  const link = path.join(folder, 'anything');
  symlinkSync(path.join(projectRoot, 'bin', 'spark-swarm'), link);
  const { status, stdout, stderr } = await start(link, ['--version'], folder);
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a launcher of a project that is not built says what to type', async (t) => {
  const folder = temporaryFolder(t);
  for (const part of ['bin/spark-swarm', 'scripts/launch.mjs', 'scripts/node-version.mjs', 'package.json']) {
    cpSync(path.join(projectRoot, part), path.join(folder, part));
  }
  t.deepEqual(await start(path.join(folder, 'bin', 'spark-swarm'), []), {
    status: 1,
    stdout: '',
    stderr: `spark-swarm is not built yet; run: cd ${folder} && npm ci && npm run build\n`,
  });
});

test('what one old script is told reaches the command', async (t) => {
  const script = path.join(projectRoot, 'bin', 'spark-container-service.sh');
  const { status, stdout, stderr } = await start(script, ['start', '--workers', 'x']);
  t.deepEqual(
    { status, stdout, stderr },
    { status: 2, stdout: '', stderr: 'error: --workers: got "x"; expected a whole number from 1 to 1000\n' },
  );
});

test('a pipe that closes early is not a crash', async (t) => {
  const script = `"${path.join(projectRoot, 'bin', 'spark-swarm')}" --help | head -c 1; echo "\${PIPESTATUS[0]}"`;
  t.deepEqual(await start('bash', ['-c', script]), { status: 0, stdout: 'U0\n', stderr: '' });
});

test('an old Node is told which one is needed', async (t) => {
  const { nodeProblem } = (await import(path.join(projectRoot, 'scripts', 'node-version.mjs'))) as {
    nodeProblem: (version: string) => string | undefined;
  };
  t.is(nodeProblem('18.20.8'), 'spark-swarm needs Node.js 20.19 or newer; this is 18.20.8');
  t.is(nodeProblem('20.18.3'), 'spark-swarm needs Node.js 20.19 or newer; this is 20.18.3');
  for (const version of ['20.19.0', '22.0.0', '24.11.1']) t.is(nodeProblem(version), undefined);
});
