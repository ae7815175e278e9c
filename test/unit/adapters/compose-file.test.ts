import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { parseComposeFile, readComposeFile } from '../../../src/adapters/files/compose-file.ts';
import { ConfigError, InvalidStateError, UsageError } from '../../../src/errors.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { readFixture } from '../../helpers/builders.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-compose-'));
test.after.always(() => rm(folder, { recursive: true }));

let count = 0;
async function file(text: string | Buffer): Promise<string> {
  const name = path.join(folder, `${count++}.yml`);
  await writeFile(name, text);
  return name;
}

test('a file is read as Docker resolves it, on the engine that was chosen', async (t) => {
  const name = path.join(projectRoot, 'docker-compose.yml');
  const line = `docker stack config -c ${name}`;
  const shell = new FakeShell({ [line]: readFixture('docker-stack-config/docker-compose-28.2.2.yml') });
  const document = await readComposeFile(name, shell, { DOCKER_HOST: 'unix:///x' });
  t.deepEqual(Object.keys(document.services), ['master', 'worker']);
  t.deepEqual(shell.calls, [{ line, options: { env: { DOCKER_HOST: 'unix:///x' } } }]);
});

test("Docker's own refusal is a mistake of the file, in Docker's words", async (t) => {
  const name = await file('services: {a: {imag: x}}\n');
  const shell = new FakeShell({
    [`docker stack config -c ${name}`]: '!services.a Additional property imag is not allowed\n',
  });
  const error = await t.throwsAsync(readComposeFile(name, shell, {}), { instanceOf: ConfigError });
  t.is(error.message, `${name}: services.a Additional property imag is not allowed`);
});

test('a machine without a docker command line is said, and what to install', async (t) => {
  const name = await file('services: {}\n');
  const shell = new FakeShell({ [`docker stack config -c ${name}`]: '!127 bash: line 1: docker: command not found\n' });
  const error = await t.throwsAsync(readComposeFile(name, shell, {}), { instanceOf: InvalidStateError });
  t.is(error.message, 'Cannot run "docker": there is no such program on the PATH');
  t.is(error.hint, 'install the docker command line (Debian 13: apt-get install docker-cli)');
});

test('a docker command line of before 23 leaves the file as it is', async (t) => {
  const name = await file('services:\n  a:\n    image: ${IMAGE:-x}\n    environment: [A=1, B]\n    labels: {l: m}\n');
  const refusal =
    "!unknown shorthand flag: 'c' in -c\nSee 'docker stack --help'.\n\nUsage:  docker stack [OPTIONS] COMMAND\n";
  const shell = new FakeShell({ [`docker stack config -c ${name}`]: refusal });
  const document = await readComposeFile(name, shell, {});
  t.deepEqual(document.services['a']?.environment, { A: '1', B: null });
  t.deepEqual(document.services['a']?.labels, { l: 'm' });
  t.is(document.services['a']?.image, '${IMAGE:-x}');
});

const broken: readonly (readonly [title: string, text: string, problem: string])[] = [
  [
    'a mapping that goes on wrongly',
    'services:\n  master:\n    image: x\n   ports: []\n',
    'line 4, column 1: All mapping items must start at the same column',
  ],
  ['a key twice', 'services:\n  a: {}\n  a: {}\n', 'line 3, column 3: Map keys must be unique'],
  [
    'two documents',
    'services: {}\n---\nservices: {}\n',
    'line 2, column 1: Source contains multiple documents; please use YAML.parseAllDocuments()',
  ],
];

for (const [title, text, problem] of broken) {
  test(`${title} is refused with its line and column, before Docker is asked`, async (t) => {
    const name = await file(text);
    const shell = new FakeShell();
    const error = await t.throwsAsync(readComposeFile(name, shell, {}), { instanceOf: ConfigError });
    t.is(error.problems[0], problem);
    t.true(error.message.startsWith(name));
    t.is(error.exitCode, 2);
    t.deepEqual(shell.lines, []);
  });
}

test('all mistakes of a file are reported together', async (t) => {
  const error = await t.throwsAsync(parseComposeFile(await file('a: [1\nb: "x\n')), { instanceOf: ConfigError });
  t.true(error.problems.length > 1, error.message);
});

test('a file that is not there, or is a folder, is said', async (t) => {
  const missing = path.join(folder, 'missing.yml');
  await t.throwsAsync(parseComposeFile(missing), {
    instanceOf: UsageError,
    message: `Cannot read the compose file ${missing}: there is no such file`,
  });
  await t.throwsAsync(parseComposeFile(folder), {
    instanceOf: UsageError,
    message: `Cannot read the compose file ${folder}: it is a folder`,
  });
});
