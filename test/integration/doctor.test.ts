import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { detailOf, findingOf, idsOf, OddEngine, pathWithout, runDoctor, temporaryFolder } from '../helpers/doctor.ts';
import { FakeEngine, SILENCE } from '../helpers/fake-engine.ts';
import { must } from '../helpers/must.ts';

const nothing = { DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined };
/** By its address: with nothing named, labs of tests that run beside this one would be measured. */
const ownEngine = { ...nothing, DOCKER_HOST: 'unix:///var/run/docker.sock' };

test('on a machine where all is well it finds nothing in the way', async (t) => {
  const done = await runDoctor(['--no-overlay', '--context', 'default'], { env: nothing });
  // Clusters of tests that run beside this one may be in any state.
  const ofClusters = new Set(done.report.checks.filter(({ group }) => group === 'clusters').map(({ id }) => id));
  const errors = done.report.findings.filter(({ severity }) => severity === 'error');
  t.deepEqual(
    errors.filter(({ check }) => !ofClusters.has(check)),
    [],
  );
  t.is(done.status, errors.length === 0 ? 0 : 1);
  t.is(done.report.healthy, errors.length === 0);
  t.is(done.report.schemaVersion, 1);
  t.true(done.tookMs < 30_000, `${done.tookMs} ms`);
  const engine = done.report.checks.find(({ id }) => id === 'engine');
  t.is(engine?.state, 'ok');
  t.regex(engine?.detail ?? '', /^\d+\.\d+\S*, API 1\.\d+, at unix:\/\/\/var\/run\/docker\.sock$/);
});

test('where nothing is wrong it ends with 0', async (t) => {
  await using engine = await OddEngine.start(await temporaryFolder(t), ['--bridge=none']);
  const done = await runDoctor([], { env: { ...nothing, ...engine.env } });
  t.is(done.status, 0, done.stdout);
  t.true(done.report.healthy);
});

test('no engine: SS-E01, with the socket', async (t) => {
  const socket = path.join(await temporaryFolder(t), 'docker.sock');
  const done = await runDoctor([], { env: { ...nothing, DOCKER_HOST: `unix://${socket}` } });
  t.is(done.status, 1);
  t.like(findingOf(done, 'SS-E01'), {
    severity: 'error',
    subject: 'this machine',
    problem: 'no engine runs',
    proof: `unix://${socket}: there is no such socket`,
    page: 'docs/problems/engine.md#ss-e01',
    check: 'engine',
  });
});

test('an engine that was stopped and has left its socket: SS-E01', async (t) => {
  const folder = await temporaryFolder(t);
  const engine = await OddEngine.start(folder, ['--bridge=none']);
  await engine[Symbol.asyncDispose]();
  const python = `import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])`;
  await must('rm', ['-f', engine.socketPath]);
  await must('python3', ['-c', python, engine.socketPath]);
  const done = await runDoctor([], { env: { ...nothing, ...engine.env } });
  t.is(done.status, 1);
  t.is(findingOf(done, 'SS-E01').problem, 'the engine does not answer');
});

test('an engine that hangs: SS-E01, and it is not waited for; the machine is known all the same, and of the swarm nobody says that there is none', async (t) => {
  const folder = await temporaryFolder(t);
  await using engine = await OddEngine.start(folder, ['--bridge=none']);
  engine.hang();
  const done = await runDoctor([], { env: { ...nothing, ...engine.env } });
  t.is(done.status, 1);
  t.true(done.tookMs < 30_000, `${done.tookMs} ms`);
  t.is(findingOf(done, 'SS-E01').proof, `unix://${engine.socketPath}: no answer within 5 s`);
  t.is(detailOf(done, 'node'), process.versions.node);
  for (const id of ['nodes', 'overlay', 'clusters', 'locks'])
    t.is(detailOf(done, id), 'not known: its engine does not answer');
});

test('an engine that does not say whether it manages a swarm: neither swarm nor clusters are known, the engine is', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /version': () => ({ Version: '28.2.2', ApiVersion: '1.50' }),
    'GET /info': () => ({ Driver: 'overlay2', MemoryLimit: true, DockerRootDir: '/', SystemTime: new Date() }),
    'GET /swarm': () => SILENCE,
  });
  const done = await runDoctor([], { env: { ...nothing, ...engine.env } });
  t.is(detailOf(done, 'engine'), `28.2.2, API 1.50, at unix://${engine.socketPath}`);
  for (const id of ['nodes', 'overlay', 'clusters'])
    t.is(
      detailOf(done, id),
      `not known: The Docker engine at unix://${engine.socketPath} does not answer: no answer within 4.5 s`,
    );
});

test('an engine that does not let the user in: SS-E02, with the group', async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  await using engine = await OddEngine.start(folder, ['--bridge=none']);
  await chmod(engine.socketPath, 0o600);
  const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'bin/doctor', '-o', 'json', '-q'];
  const env = { ...nothing, ...engine.env, HOME: folder, XDG_RUNTIME_DIR: undefined };
  const outcome = await must('setpriv', asNobody, { env, cwd: process.cwd() }).then(
    () => '',
    (error: Error) => error.message,
  );
  t.regex(outcome, /"id": "SS-E02"/);
  t.regex(outcome, /sudo usermod -aG docker \$USER/);
});

test('a full disk, and a storage driver that copies: SS-E08 and SS-E13, with the numbers', async (t) => {
  const folder = await temporaryFolder(t);
  await must('mount', ['-t', 'tmpfs', '-o', 'size=3g', 'tmpfs', folder]);
  t.teardown(async () => must('umount', ['-l', folder]));
  await using engine = await OddEngine.start(folder, ['--bridge=none', '--storage-driver=vfs']);
  const done = await runDoctor([], { env: { ...nothing, ...engine.env } });
  t.is(done.status, 0, 'warnings do not stand in the way');
  t.regex(findingOf(done, 'SS-E08').proof, /^3\.\d\d GB of 3\.22 GB free in .*\/data$/);
  t.is(findingOf(done, 'SS-E13').proof, `storage driver vfs in ${folder}/data`);
});

test("a bridge that carries more than the machine's own network: SS-E10, with the line for daemon.json", async (t) => {
  const folder = await temporaryFolder(t);
  // A file of its own, because the machine's may say another number.
  await writeFile(path.join(folder, 'daemon.json'), '{"mtu": 9000}');
  await using engine = await OddEngine.start(folder, ['--config-file', path.join(folder, 'daemon.json')]);
  const done = await runDoctor([], { env: { ...nothing, ...engine.env } });
  const found = findingOf(done, 'SS-E10');
  t.regex(found.proof, /^9000 bytes on docker's bridge, \d+ bytes on \w+$/);
  t.regex(found.fix, /^add "mtu": \d+ to \/etc\/docker\/daemon\.json/);
});

test('no docker command line: SS-E04; no Compose without its plugin folder: SS-E06', async (t) => {
  const folder = await temporaryFolder(t);
  const withoutDocker = await runDoctor([], { env: { ...ownEngine, PATH: await pathWithout(t, 'docker') } });
  t.is(withoutDocker.status, 1);
  t.is(findingOf(withoutDocker, 'SS-E04').proof, 'docker --version does not work');
  await using engine = await OddEngine.start(folder, ['--bridge=none']);
  const withoutCompose = await runDoctor([], { env: { ...nothing, ...engine.env, DOCKER_CONFIG: folder } });
  t.is(withoutCompose.status, 0, withoutCompose.stdout);
  t.is(findingOf(withoutCompose, 'SS-E06').severity, 'warning');
});

test('a command line that the engine does not understand: SS-E05, in its words', async (t) => {
  const done = await runDoctor([], { env: { ...ownEngine, DOCKER_API_VERSION: '1.99' } });
  t.regex(findingOf(done, 'SS-E05').proof, /client version 1\.99 is too new/);
});

test('a proxy that the engine does not know, and certificates that are not there: SS-E11 and SS-E12', async (t) => {
  const env = { ...ownEngine, HTTPS_PROXY: 'http://user:secret@127.0.0.1:9', SSL_CERT_FILE: '/nonexistent/ca.crt' };
  const done = await runDoctor([], { env });
  t.is(findingOf(done, 'SS-E11').proof, 'HTTPS_PROXY set here; docker info shows no proxy');
  t.is(findingOf(done, 'SS-E12').proof, 'SSL_CERT_FILE=/nonexistent/ca.crt: there is no such readable file');
  t.false(done.stdout.includes('secret'));
});

test('settings that nobody can read, and a credential helper that is not there: SS-E18 and SS-E19', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'config.json');
  await writeFile(file, '{"auths": {');
  const broken = await runDoctor([], { env: { ...ownEngine, DOCKER_CONFIG: folder } });
  t.is(broken.status, 1);
  t.true(findingOf(broken, 'SS-E18').proof.startsWith(`${file}: `));
  await writeFile(file, '{"credsStore": "desktop.of.nobody"}');
  const done = await runDoctor([], { env: { ...ownEngine, DOCKER_CONFIG: folder } });
  t.is(findingOf(done, 'SS-E19').proof, `${file} names docker-credential-desktop.of.nobody, not found on PATH`);
});

test('a context that names nobody: SS-C01, whoever named it', async (t) => {
  const byFlag = await runDoctor(['--context', 'nobody-here'], { env: nothing });
  t.is(byFlag.status, 1);
  t.is(findingOf(byFlag, 'SS-C01').problem, 'there is no docker context "nobody-here"');
  const byVariable = await runDoctor([], { env: { ...nothing, DOCKER_CONTEXT: 'nobody-here' } });
  t.is(findingOf(byVariable, 'SS-C01').fix, 'unset DOCKER_CONTEXT; docker context ls shows those that are there');
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'config.json'), '{"currentContext": "nobody-here"}');
  const current = await runDoctor([], { env: { ...nothing, DOCKER_CONFIG: folder } });
  t.regex(findingOf(current, 'SS-C01').fix, /^docker context use default/);
});

test('certificates that have expired, expire soon and are missing: SS-C04, SS-C05, SS-C03', async (t) => {
  const folder = await temporaryFolder(t);
  const env = { ...nothing, DOCKER_CONFIG: path.join(folder, 'config') };
  await mkdir(env.DOCKER_CONFIG);
  const openssl = async (...args: readonly string[]): Promise<string> => must('openssl', args, { cwd: folder });
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(...request, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '5', '-subj', '/CN=ca');
  await openssl(
    ...request.filter((word) => word !== '-x509'),
    '-keyout',
    'key.pem',
    '-out',
    'r.pem',
    '-subj',
    '/CN=me',
  );
  const sign = ['x509', '-req', '-in', 'r.pem', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial'];
  await openssl(...sign, '-out', 'cert.pem', '-days', '-1');
  const host = 'host=tcp://127.0.0.1:1';
  const files = ['ca', 'cert', 'key'].map((name) => `${name}=${folder}/${name}.pem`).join(',');
  await must('docker', ['context', 'create', 'old', '--docker', `${host},${files}`], { env });
  const done = await runDoctor(['--context', 'old'], { env });
  t.is(done.status, 1);
  t.regex(findingOf(done, 'SS-C04').proof, /^cert\.pem: notAfter \S+Z, [12] days ago$/);
  t.regex(findingOf(done, 'SS-C05').proof, /^ca\.pem: notAfter \S+Z, [45] days left$/);
  t.regex(findingOf(done, 'SS-C02').proof, /^tcp:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  await must('docker', ['context', 'create', 'bare', '--docker', 'host=tcp://192.0.2.1:2376'], { env });
  const bare = await runDoctor(['--context', 'bare'], { env });
  t.regex(findingOf(bare, 'SS-C03').proof, /plain tcp to another machine is refused/);
});

test('an ssh context: without ssh SS-C06, and SS-C07 where it does not get in', async (t) => {
  const env = { ...nothing, DOCKER_HOST: 'ssh://nobody@127.0.0.1:1' };
  const refused = await runDoctor([], { env });
  t.is(refused.status, 1);
  t.regex(findingOf(refused, 'SS-C07').proof, /^ssh:\/\/nobody@127\.0\.0\.1:1: .*refused/);
  t.false(idsOf(refused).includes('SS-C02'), 'the silence is said once');
  const without = await runDoctor([], { env: { ...env, PATH: await pathWithout(t, 'ssh') } });
  t.is(findingOf(without, 'SS-C06').problem, 'the engine is reached by ssh, and there is no program ssh');
});

test('contexts of ours that lead nowhere: SS-C08 for a swarm, SS-C09 for a lab that is gone; others are left alone', async (t) => {
  const env = { ...nothing, DOCKER_CONFIG: await temporaryFolder(t) };
  const create = async (name: string, description: string, host: string): Promise<string> =>
    must('docker', ['context', 'create', name, '--description', description, '--docker', `host=${host}`], { env });
  await create('spark-gone', 'spark-swarm lab "gone"', 'unix:///run/spark-swarm/gone/gone-1/docker.sock');
  await create('spark-far', 'spark-swarm swarm "far"', 'tcp://127.0.0.1:1');
  await create('other', 'not ours', 'tcp://127.0.0.1:1');
  await using engine = await OddEngine.start(await temporaryFolder(t), ['--bridge=none']);
  const done = await runDoctor([], { env: { ...env, ...engine.env } });
  t.is(done.status, 0, done.stdout);
  t.is(findingOf(done, 'SS-C09').subject, 'context spark-gone');
  t.is(findingOf(done, 'SS-C09').fix, 'docker context rm spark-gone; or spark-swarm lab up --name gone makes it again');
  t.is(findingOf(done, 'SS-C08').subject, 'context spark-far');
  t.false(done.stdout.includes('context other'));
});
