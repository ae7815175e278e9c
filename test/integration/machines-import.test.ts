import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { machines, makeSwarmContext, saveFile } from '../helpers/machines-command.ts';
import { Operator } from '../helpers/operator.ts';

/** Files for which no machine is needed: only docker's own command line is asked. */
let folder: string;
let operator: Operator;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-import-'));
  operator = await Operator.create('anna', folder);
});

test.after.always(async () => {
  await rm(folder, { recursive: true });
});

const handOver = (engine: string): string =>
  JSON.stringify({
    schemaVersion: 1,
    kind: 'spark-swarm-machines',
    swarm: { name: 'demo', engine, certificateAuthority: null },
    machines: [],
  });

async function listContexts(): Promise<string> {
  return operator.must('docker', ['context', 'ls', '--format', '{{.Name}} {{.DockerEndpoint}}']);
}

async function refused(t: ExecutionContext, engine: string): Promise<string> {
  const before = await listContexts();
  const file = await saveFile(operator, 'swarm.yaml', handOver(engine));
  const { status, stderr } = await machines(operator, ['import', file]);
  t.is(status, 2, stderr);
  t.is(await listContexts(), before);
  return stderr;
}

test.serial('an engine that no command would use is refused before a context is made', async (t) => {
  t.regex(await refused(t, 'tcp://192.0.2.1:2375'), /plain tcp to another machine is refused/);
  t.regex(await refused(t, 'tcp://192.0.2.1:2375,skip-tls-verify=true'), /swarm\.engine/);
  t.regex(await refused(t, 'unix:///nonexistent/x.sock'), /there is no such socket on this machine/);
});

test.serial('a context of ours that cannot be used does not block the import of the right file', async (t) => {
  await makeSwarmContext(operator, 'demo', 'host=tcp://192.0.2.1:2375');
  const file = await saveFile(operator, 'right.yaml', handOver('ssh://root@192.0.2.1:22'));
  const { status, stdout, stderr } = await machines(operator, ['import', file, '--dry-run']);
  t.is(status, 0, stderr);
  t.is(stdout, 'update the docker context spark-demo for the swarm "demo" (ssh://root@192.0.2.1:22)\n');
});
