import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { LABELS } from '../../../../src/labels.ts';
import { runCli } from '../../../helpers/cli.ts';
import { FakeEngine, SILENCE } from '../../../helpers/fake-engine.ts';
import { waitFor } from '../../../helpers/wait-for.ts';

const labelled = (name: string): object => ({ Labels: { [LABELS.cluster]: name } });

const ROUTES = {
  'GET /containers/json': () => [labelled('blue'), labelled('blue')],
  'GET /services': () => [{ Spec: labelled('green') }],
};

/** What is offered in the end: on a busy machine an engine may take longer than a command waits in the middle of a line. */
async function completeUntil(
  expected: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await waitFor(`the words ${JSON.stringify(expected)}`, {
    read: async () => runCli(['complete', '--', ...words], { env }),
    until: ({ status, stdout, stderr }) => status === 0 && stdout === expected && stderr === '',
  });
}

test('names of clusters come from the labels of the engine', async (t) => {
  await using engine = await FakeEngine.start(ROUTES);
  await completeUntil('blue\t\ngreen\t\n:4\n', ['status', '--name', ''], engine.env);
  t.deepEqual(
    [...new Set(engine.requests.map(({ query }) => query['filters']))],
    [JSON.stringify({ label: [LABELS.cluster] })],
  );
  await completeUntil('green\t\n:4\n', ['status', '--name=g'], engine.env);
});

test('an engine that is none, refuses or says nothing offers no name, and is not waited for', async (t) => {
  await using engine = await FakeEngine.start({ 'GET /containers/json': () => SILENCE });
  const nothing = { status: 0, stdout: ':4\n', stderr: '' };
  const ask = async (env: Readonly<Record<string, string>>): Promise<unknown> =>
    runCli(['complete', '--', 'status', '--name', ''], { env });
  await ask(engine.env);
  t.deepEqual(await ask(engine.env), nothing);
  t.deepEqual(await ask({ HOME: engine.folder, DOCKER_HOST: 'unix:///nonexistent.sock' }), nothing);
  t.deepEqual(await ask({ HOME: engine.folder, DOCKER_HOST: 'ssh://me@far' }), nothing);
});

test("docker's contexts come from its own files", async (t) => {
  await using engine = await FakeEngine.start(ROUTES);
  const folder = path.join(engine.folder, 'docker');
  const add = (id: string, meta: unknown): void => {
    mkdirSync(path.join(folder, 'contexts', 'meta', id), { recursive: true });
    writeFileSync(path.join(folder, 'contexts', 'meta', id, 'meta.json'), JSON.stringify(meta));
  };
  add('1', { Name: 'near', Endpoints: { docker: { Host: `unix://${engine.socketPath}` } } });
  add('2', { Name: 'far', Endpoints: { docker: { Host: 'ssh://me@far' } } });
  add('3', 'garbage');
  const env = { DOCKER_CONFIG: folder, HOME: engine.folder };
  const complete = async (...words: string[]): Promise<string> =>
    (await runCli(['complete', '--', ...words], { env })).stdout;
  t.is(
    await complete('status', '--context', ''),
    `default\t\nfar\tssh://me@far\nnear\tunix://${engine.socketPath}\n:4\n`,
  );
  t.is(await complete('status', '--context', 'n'), `near\tunix://${engine.socketPath}\n:4\n`);
  await completeUntil('blue\t\ngreen\t\n:4\n', ['status', '--context', 'near', '--name', ''], env);
  t.is(await complete('status', '--context', 'far', '--name', ''), ':4\n');
  writeFileSync(path.join(folder, 'config.json'), '{"currentContext": "near"}');
  await completeUntil('blue\t\n:4\n', ['status', '--name', 'b'], env);
});

test('descriptions stay on their line, and files are left to the shell', async (t) => {
  const { stdout } = await runCli(['complete', '--', 'deploy', '--worker-c']);
  t.is(stdout, '--worker-cores\tcores of one worker\n:4\n');
  t.is((await runCli(['complete', '--', 'submit', ''])).stdout, ':0\n');
});

test('nothing is said about what goes wrong in the middle of a line', async (t) => {
  t.deepEqual(await runCli(['complete']), await runCli(['complete', '--', '']));
  const { status, stderr } = await runCli(['complete', '--', 'nope', '--zzz', '']);
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
