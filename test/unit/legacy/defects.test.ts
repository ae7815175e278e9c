import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';
import { parse } from 'yaml';

import { COMMANDS } from '../../../src/cli/command-table.ts';
import { legacyMain } from '../../../src/cli/legacy-main.ts';
import { main } from '../../../src/cli/main.ts';
import { formatEndpoints } from '../../../src/cluster/endpoints.ts';
import type { ComposeDocument } from '../../../src/compose/compose-document.ts';
import { nameObjects, resolveStack } from '../../../src/stack/resolve-stack.ts';
import { masterState, sparkWorker, spec } from '../../helpers/builders.ts';
import { captureCli, projectRoot, runCli, type CliOutcome } from '../../helpers/cli.ts';
import { refusal } from '../../helpers/fake-engine.ts';
import { FakeMaster } from '../../helpers/fake-master.ts';
import { Stage } from '../../helpers/stage.ts';

// The defects of the older scripts, by the numbers that the project's own list gives them. Those that only an engine can
// show are in test/integration/legacy.test.ts.

test("B1: remove ends with 0 when all is gone, and with 1 and Docker's words when something stays", async (t) => {
  await using stage = await Stage.set();
  stage.swarm.alone();
  stage.swarm.engine.on({ 'DELETE /services/*': () => refusal(500, 'the service is held') });
  const stays = await stage.run(['remove', '--yes']);
  t.deepEqual({ status: stays.status, stdout: stays.stdout }, { status: 1, stdout: '' });
  t.regex(stays.stderr, /^error: .*the service is held$/m);
  t.true(stage.swarm.services.length > 0);

  stage.swarm.engine.on({
    'DELETE /services/*': ({ id }) => {
      stage.swarm.services = stage.swarm.services.filter(({ ID }) => ID !== id);
      stage.swarm.tasks = stage.swarm.tasks.filter(({ ServiceID }) => ServiceID !== id);
    },
  });
  const gone = await stage.run(['remove', '--yes']);
  t.deepEqual(
    { status: gone.status, stdout: gone.stdout, services: stage.swarm.services },
    { status: 0, stdout: 'Removed the cluster "spark"\n', services: [] },
  );
});

test('B2: status ends with 0 if and only if the cluster is healthy, and says it as JSON too', async (t) => {
  await using stage = await Stage.set();
  const read = async (): Promise<readonly [number, boolean]> => {
    const { status, stdout } = await stage.run(['status', '-o', 'json']);
    return [status, (JSON.parse(stdout) as { readonly healthy: boolean }).healthy];
  };
  t.deepEqual(await read(), [0, true]);
  stage.master.state = masterState({ workers: [sparkWorker('worker-1')] });
  t.deepEqual(await read(), [1, false]);
  stage.swarm.empty();
  t.is((await stage.run(['status', '-o', 'json'])).status, 1);
});

test('B4: labels are whole, however long they are', async (t) => {
  const name = 'jupyter-notebook of the team';
  t.true(formatEndpoints([{ name, address: 'http://10.0.0.1:8888' }]).startsWith(name));
  await using stage = await Stage.set();
  const { stdout } = await stage.run(['status']);
  for (const label of ['spark master ', 'master web UI ', 'data (cluster) ']) t.regex(stdout, lineOf(label));
});

test('B5: only addresses of a running master that answer are printed', async (t) => {
  await using stage = await Stage.set();
  t.regex((await stage.run(['status'])).stdout, lineOf('spark master '));
  // Nobody listens there any more.
  const gone = await FakeMaster.start();
  const { port } = gone;
  await gone[Symbol.asyncDispose]();
  stage.swarm.publish({ 8080: stage.master.port, 7077: port });
  const silent = (await stage.run(['status'])).stdout;
  t.notRegex(silent, lineOf('spark master '));
  t.regex(silent, lineOf('master web UI '));
  stage.swarm.publish({ 8080: stage.master.port, 7077: stage.master.port });
  stage.swarm.tasks = stage.swarm.tasks.map((task) => ({ ...task, Status: { ...task.Status, State: 'failed' } }));
  t.notRegex((await stage.run(['status'])).stdout, /spark:\/\/|http:\/\//);
});

const SERVICES = [
  ['sbin/spark-cluster-service', 'deploy'],
  ['bin/spark-container-service', 'start'],
] as const;

for (const [script, verb] of SERVICES) {
  test(`B8: ${script} forwards what follows the verb, and refuses another verb with 2 and the usage`, async (t) => {
    const forwarded = await runLauncher(script, verb, '--worker-cores', 'many');
    t.is(forwarded.status, 2);
    t.regex(forwarded.stderr, /^error: --worker-cores: got "many"; /);
    const usage = (await runLauncher(script, 'usage')).stdout;
    t.regex(usage, /^Usage:\n/);
    t.deepEqual(await runLauncher(script, 'restart'), {
      status: 2,
      stdout: '',
      stderr: `error: unknown command "restart"\n${usage}`,
    });
  });
}

test("B17: every service answers at its own addresses, and every port is the node's: no virtual address", (t) => {
  const file = parse(readText('docker-compose.yml')) as ComposeDocument;
  const stack = resolveStack(file, spec({ workers: 5 }), {
    mtu: undefined,
    masterNodeId: undefined,
    objects: nameObjects('spark'),
    hash: (text) => text,
  });
  for (const document of [file, stack]) {
    for (const [name, { deploy, ports = [] }] of Object.entries(document.services)) {
      t.is(deploy?.['endpoint_mode'], 'dnsrr', name);
      for (const port of ports) t.is(port.mode, 'host', name);
    }
  }
});

test('B24: a build with files missing is refused at once, all of them named, before an engine is asked', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(path.join(projectRoot, 'docker'), path.join(folder, 'docker'), { recursive: true });
  cpSync(path.join(projectRoot, 'package.json'), path.join(folder, 'package.json'));
  for (const file of ['entrypoint.sh', 'requirements.txt']) rmSync(path.join(folder, 'docker', 'config', file));
  await using stage = await Stage.set();
  const { cli, written } = captureCli({ env: stage.swarm.engine.env });
  const status = await main(['image', 'build'], { ...cli, projectRoot: folder });
  const { stdout, stderr } = written();
  t.deepEqual({ status, stdout }, { status: 2, stdout: '' });
  for (const file of ['entrypoint.sh', 'requirements.txt']) {
    t.true(stderr.includes(`config/${file} is missing, and the Dockerfile copies it\n`), stderr);
  }
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('B26: nothing that goes into the image, and nothing that starts it, uses what Spark no longer has', (t) => {
  const files = [...listFiles('docker').filter((file) => !file.startsWith('docker/pkg/')), 'docker-compose.yml'];
  t.true(files.includes('docker/config/entrypoint.sh'));
  for (const file of files)
    t.notRegex(readText(file), /start-(slave|all|master|worker)|conf\/(slaves|workers)|\bslaves?\b/, file);
  t.regex(
    readText('docker/config/entrypoint.sh'),
    /spark-class" "\$@"[^]*daemon org\.apache\.spark\.deploy\.worker\.Worker /,
  );
});

/** Words of the older scripts' usage, and what typing in a hurry makes of our own words. */
const MISSPELT =
  /\b(runing|configurate|noteboo|sucess|succes|fail(?:d|ded)|cluser|contianer|dokcer|wroker|recieve|seperate|occured|teh|the the|a a)\b/i;

test('B28: what is printed and what is documented is proof-read', async (t) => {
  const printed = [
    ...(await Promise.all(COMMANDS.map(async ({ words }) => (await runCli([...words, '--help'])).stdout))),
    (await runCli(['--help'])).stdout,
    ...(await Promise.all(SERVICES.map(async ([script, verb]) => usageOf(path.basename(script), verb)))),
  ];
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...listFiles('docs', /\.md$/)].map(readText);
  const messages = listFiles('src', /\.ts$/).map(readText);
  for (const text of [...printed, ...documents, ...messages]) {
    t.is(MISSPELT.exec(text)?.[0], undefined, text.slice(Math.max(0, text.search(MISSPELT) - 80)).slice(0, 160));
  }
});

async function usageOf(script: string, verb: string): Promise<string> {
  const { cli, written } = captureCli();
  await legacyMain({ script, verbs: [verb] }, ['usage'], cli);
  return written().stdout;
}

function runLauncher(file: string, ...args: readonly string[]): Promise<CliOutcome> {
  return new Promise((resolve) => {
    execFile(path.join(projectRoot, file), args, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

function lineOf(label: string): RegExp {
  return new RegExp(`^${label.replaceAll(/[()]/g, '\\$&')}`, 'm');
}

function readText(file: string): string {
  return readFileSync(path.join(projectRoot, file), 'utf8');
}

function listFiles(folder: string, pattern = /./): readonly string[] {
  return readdirSync(path.join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}
