import { realpathSync } from 'node:fs';

import test from 'ava';

import { ComposeClient } from '../../../src/adapters/compose/compose-client.ts';
import { hintFor } from '../../../src/adapters/compose/compose-hint.ts';
import type { ComposeDocument } from '../../../src/compose/compose-document.ts';
import { ConfigError, ConflictError, EngineError, InvalidStateError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { readJsonFixture } from '../../helpers/builders.ts';
import { FakeComposeProgram } from '../../helpers/fake-compose.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

const PLUGIN = 'docker compose version --short';
const STANDALONE = 'docker-compose version --short';
const DOCUMENT: ComposeDocument = {
  services: { worker: { image: 'x', labels: { [LABELS.role]: 'worker' }, environment: { A: '$$' } } },
};

interface Client extends AsyncDisposable {
  readonly client: ComposeClient;
  readonly program: FakeComposeProgram;
  readonly shell: FakeShell;
}

/** A client, the programs it runs, and the answers to its question for them. */
async function open(answers: Readonly<Record<string, string>> = { [PLUGIN]: '2.26.1-4\n' }): Promise<Client> {
  const program = await FakeComposeProgram.start();
  const shell = new FakeShell(answers);
  return {
    client: new ComposeClient(shell, program.env),
    program,
    shell,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

const up = (client: ComposeClient, changes: Partial<Parameters<ComposeClient['up']>[0]> = {}): Promise<void> =>
  client.up({ project: 'spark', document: DOCUMENT, cwd: '/', progress: () => {}, ...changes });

test('a file is read as Compose resolves it, on the engine that was chosen, without the name of the project', async (t) => {
  await using compose = await open();
  const resolved = readJsonFixture('docker-compose-config/docker-compose-2.26.1.json') as ComposeDocument;
  await compose.program.answer({ stdout: JSON.stringify(resolved), stderr: 'time="now" level=warning msg="old"\n' });
  const { name, ...expected } = resolved;
  t.is(name, 'spark');
  t.deepEqual(await compose.client.config('/srv/c.yml', 'spark'), expected as never);
  t.deepEqual(await compose.program.argv(), [
    'docker',
    'compose',
    '-p',
    'spark',
    '-f',
    '/srv/c.yml',
    'config',
    '--format',
    'json',
  ]);
  t.true((await compose.program.surroundings()).endsWith(' unix:///fake'));
});

test('a project is brought up from a document on standard input, and what Compose says is passed on', async (t) => {
  await using compose = await open();
  const stderr = ' Network spark-spark  Creating\n Container spark-worker-1  Started\n';
  await compose.program.answer({ stderr });
  const said: string[] = [];
  const cwd = realpathSync(compose.program.folder);
  await up(compose.client, { cwd, progress: (detail) => said.push(detail) });
  t.is(
    (await compose.program.argv()).join(' '),
    'docker compose -p spark --ansi never -f - up --no-recreate -d worker',
  );
  t.deepEqual(JSON.parse(await compose.program.input()), DOCUMENT);
  t.is(await compose.program.surroundings(), `${cwd} unix:///fake`);
  t.is(said.at(-1), 'Container spark-worker-1  Started');
});

test("services of the user's own come after Spark's, and may be replaced by Compose itself", async (t) => {
  await using compose = await open();
  const document = { services: { cache: { image: 'redis' }, ...DOCUMENT.services } };
  await up(compose.client, { document });
  t.is((await compose.program.argv()).slice(8).join(' '), 'up --no-deps -d cache');
});

test('another number of workers leaves what runs alone', async (t) => {
  await using compose = await open();
  await up(compose.client, { scale: { service: 'worker', count: 3 } });
  t.is((await compose.program.argv()).slice(8).join(' '), 'up --no-recreate --no-deps --scale worker=3 -d worker');
});

test('where docker has no such plugin, the program docker-compose does it; which one is asked once', async (t) => {
  await using compose = await open({
    [PLUGIN]: "!docker: 'compose' is not a docker command.\n",
    [STANDALONE]: 'v2.29.7\n',
  });
  await up(compose.client);
  await up(compose.client);
  t.deepEqual((await compose.program.argv()).slice(0, 3), ['docker-compose', '-p', 'spark']);
  t.deepEqual(compose.shell.lines, [PLUGIN, STANDALONE]);
});

for (const [title, answers] of [
  ['neither is there', { [PLUGIN]: '!unknown', [STANDALONE]: '!127 not found' }],
  ['docker itself is not there', { [PLUGIN]: '!127 not found', [STANDALONE]: '!127 not found' }],
  ['there is only version 1, which is another program', { [PLUGIN]: '!unknown', [STANDALONE]: '1.29.2\n' }],
] as const) {
  test(`${title}: that is said, with what to install`, async (t) => {
    await using compose = await open(answers);
    const error = await t.throwsAsync(up(compose.client), { instanceOf: InvalidStateError });
    t.is(error.message, 'Cannot run Docker Compose v2: neither "docker compose" nor "docker-compose" is there');
    t.regex(error.hint ?? '', /docker-compose/);
  });
}

/** Words of Compose 2.26.1 about files. */
const files: readonly (readonly [stderr: string, message: string])[] = [
  [
    'validating /srv/c.yml: services.a Additional property imag is not allowed\n',
    '/srv/c.yml: services.a Additional property imag is not allowed',
  ],
  [
    'error while interpolating services.a.image: required variable X is missing a value: no X\n',
    '/srv/c.yml: error while interpolating services.a.image: required variable X is missing a value: no X',
  ],
  [
    'service "a" refers to undefined network q: invalid compose project\n',
    '/srv/c.yml: service "a" refers to undefined network q: invalid compose project',
  ],
  ['Invalid containerPort: y\n', '/srv/c.yml: Invalid containerPort: y'],
  [
    'time="2026-11-21T02:29:09Z" level=warning msg="/srv/c.yml: the attribute `version` is obsolete"\nempty compose file\n',
    '/srv/c.yml: empty compose file',
  ],
  ["yaml: line 1: did not find expected ',' or ']'\n", "/srv/c.yml: yaml: line 1: did not find expected ',' or ']'"],
];

for (const [stderr, message] of files) {
  test(`a mistake of the file is one: ${message}`, async (t) => {
    await using compose = await open();
    await compose.program.answer({ stderr, status: 15 });
    const error = await t.throwsAsync(compose.client.config('/srv/c.yml', 'spark'), { instanceOf: ConfigError });
    t.is(error.message, message);
    t.is(error.exitCode, 2);
  });
}

/** Words of Compose 2.26.1 and an engine 20.10.24 when a port is taken. */
const STEPS =
  ' Container taken-master-1  Creating\n Container taken-master-1  Created\n Container taken-master-1  Starting\n';
const DRIVER =
  'Error response from daemon: driver failed programming external connectivity on endpoint taken-master-1 (7305)';

for (const reason of [
  'Bind for 127.0.0.1:39871 failed: port is already allocated',
  'Error starting userland proxy: listen tcp4 127.0.0.1:39872: bind: address already in use',
]) {
  test(`a taken port is a conflict: ${reason}`, async (t) => {
    await using compose = await open();
    await compose.program.answer({ stderr: `${STEPS}${DRIVER}: ${reason}\n`, status: 1 });
    const error = await t.throwsAsync(up(compose.client), { instanceOf: ConflictError });
    t.is(error.message, `Cannot start the cluster "spark": a port is taken: ${DRIVER}: ${reason}`);
    t.is(error.hint, '--port ui=0 takes a free one');
    t.is(error.exitCode, 5);
  });
}

for (const reason of [
  'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /nope',
  'external volume "spark-secrets" not found',
  'Error response from daemon: OCI runtime create failed: exec: "x": no such file or directory',
]) {
  test(`what the engine refuses is said in its own words: ${reason}`, async (t) => {
    await using compose = await open();
    await compose.program.answer({ stderr: ` Network taken_default  Created\n${reason}\n`, status: 1 });
    const error = await t.throwsAsync(up(compose.client), { instanceOf: EngineError });
    t.is(error.message, `Docker Compose could not bring up the cluster "spark": ${reason}`);
  });
}

test('a program that vanishes meanwhile is an error, and no success', async (t) => {
  await using compose = await open();
  const client = new ComposeClient(compose.shell, { PATH: '/nonexistent' });
  await t.throwsAsync(client.config('/srv/c.yml', 'spark'), { code: 'ENOENT' });
});

const releases: readonly (readonly [title: string, release: string, hint: string])[] = [
  ['Debian 13', 'ID=debian\nVERSION_ID="13"\n', 'sudo apt-get install docker-compose'],
  [
    'Debian 12',
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    "the package docker-compose-plugin of Docker's own repository; Debian's comes with release 13",
  ],
  ['Debian testing, which has no number', 'ID=debian\n', 'sudo apt-get install docker-compose'],
  ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', 'sudo apt-get install docker-compose-v2'],
  ['Fedora', 'ID=fedora\nVERSION_ID=41\n', 'sudo dnf install docker-compose'],
  ['Rocky', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'sudo dnf install docker-compose'],
  ['Alpine', 'ID=alpine\n', 'apk add docker-cli-compose'],
  ['Arch', 'ID=arch\n', 'sudo pacman -S docker-compose'],
  ['a system nobody knows', 'ID=other\n', 'install the package docker-compose-plugin or docker-compose of your system'],
  ['no system at all', '', 'install the package docker-compose-plugin or docker-compose of your system'],
];

for (const [title, release, hint] of releases) {
  test(`Compose is installed on ${title} by: ${hint}`, (t) => {
    t.is(hintFor(release), hint);
  });
}
