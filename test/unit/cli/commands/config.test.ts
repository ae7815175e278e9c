import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import test from 'ava';

import { projectRoot, runCli } from '../../../helpers/cli.ts';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'spark-swarm-config-')));
test.after.always(() => rmSync(root, { recursive: true }));

let count = 0;

function newFolder(text?: string): string {
  count += 1;
  const folder = path.join(root, String(count));
  mkdirSync(folder);
  if (text !== undefined) writeFileSync(path.join(folder, 'spark-swarm.yaml'), text);
  return folder;
}

const lineOf = (stdout: string, key: string): string | undefined =>
  stdout
    .split('\n')
    .find((line) => line.startsWith(`${key} `))
    ?.replaceAll(/ +/g, ' ');

test('config show prints what holds; --origin says where it comes from', async (t) => {
  const cwd = newFolder('# a cluster\nworkers: 4\nports:\n  ui: 0\n');
  const env = { SPARK_SWARM_NAME: 'blue' };
  const { status, stdout, stderr } = await runCli(['config', 'show', '--origin'], { cwd, env });
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  t.is(stdout.split('\n')[0]?.replaceAll(/ +/g, ' '), 'KEY VALUE ORIGIN');
  t.is(lineOf(stdout, 'name'), 'name blue SPARK_SWARM_NAME');
  t.is(lineOf(stdout, 'workers'), 'workers 4 spark-swarm.yaml:2');
  t.is(lineOf(stdout, 'ports.ui'), 'ports.ui 0 spark-swarm.yaml:4');
  t.is(lineOf(stdout, 'ports.master'), 'ports.master 7077 default');
  t.is(lineOf(stdout, 'workerCores'), 'workerCores 1 default');
  t.false((await runCli(['config', 'show'], { cwd })).stdout.includes('default'));
});

test('config show -o json has values as a file would hold them', async (t) => {
  const cwd = newFolder('workers: 4\nconf:\n  spark.a: 1\n');
  const { stdout } = await runCli(['config', 'show', '-o', 'json', '--origin'], { cwd });
  t.like(JSON.parse(stdout), {
    schemaVersion: 1,
    file: path.join(cwd, 'spark-swarm.yaml'),
    values: { name: 'spark', workers: 4, conf: { 'spark.a': '1' }, context: null },
    origins: { workers: 'spark-swarm.yaml:1', name: 'default', conf: { 'spark.a': 'spark-swarm.yaml:3' } },
  });
  const without = JSON.parse((await runCli(['config', 'show', '-o', 'json'], { cwd: newFolder() })).stdout) as object;
  t.like(without, { file: null, values: { workers: 2 } });
  t.false('origins' in without);
});

test('config show reports a broken file and a broken variable', async (t) => {
  t.deepEqual(await runCli(['config', 'show'], { cwd: newFolder('workers: two\nzone: 1\n') }), {
    status: 2,
    stdout: '',
    stderr: [
      'error: spark-swarm.yaml has 2 problems:',
      '  spark-swarm.yaml:1:10: workers: got "two"; expected a whole number from 1 to 1000',
      '  spark-swarm.yaml:2:1: unknown key "zone"',
      '',
    ].join('\n'),
  });
  t.deepEqual(await runCli(['config', 'show'], { cwd: newFolder(), env: { SPARK_SWARM_WORKERS: '0' } }), {
    status: 2,
    stdout: '',
    stderr: 'error: --workers: got "0"; expected a whole number from 1 to 1000 (from SPARK_SWARM_WORKERS)\n',
  });
});

test('config init --yes writes a file that holds, and never over another', async (t) => {
  const cwd = newFolder();
  t.deepEqual(await runCli(['config', 'init', '--yes'], { cwd }), {
    status: 0,
    stdout: 'Wrote spark-swarm.yaml\n',
    stderr: '',
  });
  const written = readFileSync(path.join(cwd, 'spark-swarm.yaml'), 'utf8');
  t.false(written.includes('$schema'));
  t.is((await runCli(['config', 'show'], { cwd })).status, 0);
  // What the comments propose holds as well: each is a key, or an entry of the key above.
  const proposed = written.replaceAll(/^# (?=(?: {2})?[\w.]+: )|^# (?=(?:ports|conf|env):$)/gm, '');
  t.true(proposed.includes('\nports:\n  master: 7077\n'));
  t.is((await runCli(['config', 'show'], { cwd: newFolder(proposed) })).stderr, '');
  t.deepEqual(await runCli(['config', 'init', '--yes'], { cwd }), {
    status: 5,
    stdout: '',
    stderr:
      'error: spark-swarm.yaml is there already; it was not changed\n' +
      'hint: --file writes another one; "spark-swarm config show" checks this one\n',
  });
  t.is(readFileSync(path.join(cwd, 'spark-swarm.yaml'), 'utf8'), written);
});

test('config init names the schema where file and schema lie in one project', async (t) => {
  const file = path.join(projectRoot, 'test-output-config-init.yaml');
  t.teardown(() => rmSync(file, { force: true }));
  t.is((await runCli(['config', 'init', '--yes', '--file', file])).status, 0);
  t.regex(readFileSync(file, 'utf8'), /^# yaml-language-server: \$schema=\.\/schema\/spark-swarm\.schema\.json\n/);
});

test('config init without a terminal and without --yes asks nobody', async (t) => {
  t.deepEqual(await runCli(['config', 'init'], { cwd: newFolder() }), {
    status: 5,
    stdout: '',
    stderr:
      'error: There is no terminal to ask on: what shall spark-swarm.yaml say?\nhint: add --yes to take the defaults\n',
  });
});

test('config init says when it cannot write', async (t) => {
  t.deepEqual(await runCli(['config', 'init', '--yes', '--file', 'no/x.yaml'], { cwd: newFolder() }), {
    status: 2,
    stdout: '',
    stderr: 'error: Cannot write no/x.yaml: there is no such folder\n',
  });
});

test('config init asks on a terminal, and Ctrl-C writes nothing', async (t) => {
  const cwd = newFolder();
  const { status, stderr } = await runCli(['config', 'init'], { cwd, tty: true, input: '\u0003' });
  t.is(status, 130);
  t.true(stderr.includes('Name of the cluster'));
  t.true(stripVTControlCharacters(stderr).endsWith('error: Interrupted: no file was written\n'), stderr);
  t.throws(() => readFileSync(path.join(cwd, 'spark-swarm.yaml')));
});
