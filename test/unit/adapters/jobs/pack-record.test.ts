import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import test from 'ava';
import { unpackTar } from 'modern-tar';

import { openJobTools } from '../../../../src/adapters/jobs/job-tools.ts';
import { packRecord, type PackOptions } from '../../../../src/adapters/jobs/pack-record.ts';
import { UsageError } from '../../../../src/errors.ts';
import { planJob, type JobPlan } from '../../../../src/jobs/job-plan.ts';
import { specLine } from '../../../../src/jobs/job-record.ts';
import { wishFromWords, type JobFlags } from '../../../../src/jobs/job-words.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-record-'));
test.after.always(() => rm(folder, { recursive: true }));
writeFileSync(path.join(folder, 'app.py'), 'print(1)');
writeFileSync(path.join(folder, 'tool'), '#!/bin/sh');
chmodSync(path.join(folder, 'tool'), 0o755);
writeFileSync(path.join(folder, 'empty.jar'), '');
writeFileSync(path.join(folder, 'page.jar'), '<html>not found</html>');

const scripts = { wrapper: '# wrapper\n', cancel: '# canceller\n' };

const plan = async (words: readonly string[], flags: JobFlags = {}): Promise<JobPlan> =>
  planJob(
    wishFromWords(words, { id: '1a2b3c4d5e6f', ...flags }),
    await openJobTools({ cwd: folder, env: { XDG_CONFIG_HOME: folder }, cluster: 'spark' }),
  );

interface Entry {
  readonly name: string;
  readonly type: string | undefined;
  readonly mode: number | undefined;
  readonly owner: string;
  readonly text: string;
}

async function entriesOf(job: JobPlan, options: Partial<PackOptions> = {}): Promise<readonly Entry[]> {
  const stream = await packRecord(job, { scripts, ...options });
  const entries = await unpackTar(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
  return entries.map(({ header: { name, type, mode, uid, gid }, data }) => ({
    name,
    type,
    mode,
    owner: `${uid}:${gid}`,
    text: String(Buffer.from(data ?? [])),
  }));
}

test('a record has its spec first, and nothing in it that anybody else may read', async (t) => {
  const job = await plan(['--files', 'tool', '--conf', 'spark.a.password=x', 'app.py', 'a'], { param: ['A=1'] });
  const entries = await entriesOf(job, { owner: { uid: 185, gid: 1000 } });
  t.deepEqual(
    entries.map(({ name, type, mode }) => [name, type, mode]),
    [
      ['spec.json', 'file', 0o600],
      ['argv.sh', 'file', 0o600],
      ['env.sh', 'file', 0o600],
      ['wrapper', 'file', 0o600],
      ['canceller', 'file', 0o600],
      ['files/', 'directory', 0o700],
      ['files/tool', 'file', 0o700],
      ['files/app.py', 'file', 0o600],
      ['files/spark-swarm-job.properties', 'file', 0o600],
    ],
  );
  t.deepEqual(new Set(entries.map(({ owner }) => owner)), new Set(['185:1000']));
  const textOf = (name: string): string | undefined => entries.find((entry) => entry.name === name)?.text;
  t.is(textOf('spec.json'), specLine(job.spec));
  t.is(textOf('env.sh'), "export A='1'\n");
  t.is(textOf('wrapper'), '# wrapper\n');
  t.is(textOf('canceller'), '# canceller\n');
  t.is(textOf('files/app.py'), 'print(1)');
  t.is(textOf('files/spark-swarm-job.properties'), 'spark.a.password=x\n');
});

test('what the place of the driver adds is in the record, and stands after what the user asked for', async (t) => {
  const extras = {
    environment: { SPARK_CONF_DIR: "/it's/conf" },
    files: [{ path: 'conf/spark-defaults.conf', text: 'spark.master x\n' }],
  };
  const entries = await entriesOf(await plan(['app.py'], { param: ['A=1'] }), { extras });
  t.is(entries.find(({ name }) => name === 'env.sh')?.text, "export A='1'\nexport SPARK_CONF_DIR='/it'\\''s/conf'\n");
  t.deepEqual(
    entries.slice(-2).map(({ name, mode, text }) => [name, mode, text]),
    [
      ['conf/', 0o700, ''],
      ['conf/spark-defaults.conf', 0o600, 'spark.master x\n'],
    ],
  );
});

test('arguments and variables come out of the record byte for byte, as a shell reads them', async (t) => {
  const odd = [
    '',
    ' a  b ',
    "it's",
    '"',
    '$(touch x)',
    '`id`',
    '\n\n',
    'a\nb\n',
    '\\',
    ';',
    '*',
    '~',
    'ü',
    '--',
    'x'.repeat(100 * 1024),
  ];
  const job = await plan(['app.py', ...odd], { param: odd.map((value, index) => `V${index}=${value}`) });
  const entries = await entriesOf(job);
  const [, argv, environment] = entries;
  const shown = execFileSync(
    'sh',
    [
      '-c',
      `. ./env.sh; ${odd.map((_, index) => `printf '%s\\0' "$V${index}"`).join(';')}; . ./argv.sh; printf '%s\\0' "$@"`,
    ],
    { cwd: await extract({ 'env.sh': environment?.text ?? '', 'argv.sh': argv?.text ?? '' }), maxBuffer: 1024 ** 3 },
  );
  t.deepEqual(shown.toString().split('\0').slice(0, -1), [...odd, ...job.spec.argv]);
});

async function extract(files: Readonly<Record<string, string>>): Promise<string> {
  const target = await mkdtemp(path.join(folder, 'extract-'));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(target, name), text);
  return target;
}

test('J51: a jar of 0 bytes, and a page of HTML that a download left, are refused', async (t) => {
  await t.throwsAsync(plan(['--class', 'M', 'empty.jar']), {
    instanceOf: UsageError,
    message: 'empty.jar is empty: it has 0 bytes',
  });
  await t.throwsAsync(plan(['--jars', 'page.jar', 'app.py']), {
    instanceOf: UsageError,
    message: 'page.jar is no jar: it does not begin as a zip file does',
  });
});

test('a file that has gone since is named', async (t) => {
  await writeFile(path.join(folder, 'short.py'), '');
  const job = await plan(['short.py']);
  await rm(path.join(folder, 'short.py'));
  await t.throwsAsync(packRecord(job, { scripts }), {
    instanceOf: UsageError,
    message: `Cannot read ${folder}/short.py: there is no such file`,
  });
});

test('the hash follows what is in the files', async (t) => {
  const file = path.join(folder, 'changed.py');
  await writeFile(file, 'a');
  const before = (await plan(['changed.py'])).spec.hash;
  await writeFile(file, 'b');
  t.not((await plan(['changed.py'])).spec.hash, before);
});

test("what the user set comes after what the driver's place has, but for the job's own settings", async (t) => {
  const job = await plan(['app.py'], { param: ['PATH=/mine'] });
  const environment = { SPARK_HOME: '/opt/spark', SPARK_CONF_DIR: '/job/conf', PATH: '/opt/spark/bin' };
  const entries = await entriesOf(job, { extras: { environment, files: [] } });
  const lines =
    entries
      .find(({ name }) => name === 'env.sh')
      ?.text.trimEnd()
      .split('\n') ?? [];
  const names = lines.map((line) => line.replace(/^export (\w+)=.*/, '$1'));
  t.deepEqual(names, ['SPARK_HOME', 'PATH', 'PATH', 'SPARK_CONF_DIR']);
  t.is(lines[2], "export PATH='/mine'");
});
