import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import type { CommandEntry } from '../../../src/cli/command-table.ts';
import { addClusterOptions, addLimitOption, addRepeatableOption } from '../../../src/cli/options.ts';
import { UsageError } from '../../../src/errors.ts';
import { parseCount } from '../../../src/units.ts';
import { runCli, type CliOptions, type CliOutcome } from '../../helpers/cli.ts';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'spark-swarm-cli-file-')));
test.after.always(() => rmSync(root, { recursive: true }));

/** A command with flags of every kind, which prints what it was given. */
const commands: readonly CommandEntry[] = [
  {
    words: ['deploy'],
    summary: 'deploy',
    load: async () => ({
      configure(command, cli) {
        addLimitOption(addClusterOptions(command), 1000)
          .option('--workers <count>', '', (text) => parseCount(text, '--workers', { min: 1, max: 5 }))
          .option('-f, --file <file>', '')
          .option('--notebook', '')
          .option('--no-notebook', '');
        const pair = (text: string): string => {
          if (text.includes('bad')) throw new UsageError(`--conf: got ${JSON.stringify(text)}; expected better`);
          return text;
        };
        for (const flags of ['--conf <k=v>', '--port <name=port>', '--constraint <rule>', '--jar <file>']) {
          addRepeatableOption(command, { flags, description: '', parse: pair });
        }
        command.action((options: object) => void cli.stdout.write(JSON.stringify(options)));
      },
    }),
  },
  {
    words: ['lab'],
    summary: 'lab',
    load: async () => ({
      configure(command, cli) {
        const up = addClusterOptions(command.command('up'));
        up.action((options: object) => void cli.stdout.write(JSON.stringify(options)));
      },
    }),
  },
];

const FILE = `\
name: blue
workers: 3
file: compose/mine.yml
timeout: 2s
ports:
  ui: 0
  master: none
conf:
  spark.a: 1
  spark.b: 2
constraints: [node.role==worker]
jars: [lib/a.jar, lib/b.jar]
notebook: false
platform: swarm
`;

let count = 0;

/** Runs a line in a folder of its own below one that holds this file. */
async function run(line: string, text: string, options: CliOptions = {}): Promise<CliOutcome & { folder: string }> {
  count += 1;
  const folder = path.join(root, String(count));
  mkdirSync(path.join(folder, 'sub'), { recursive: true });
  writeFileSync(path.join(folder, 'spark-swarm.yaml'), text);
  return { folder, ...(await runCli(line.split(' '), { commands, cwd: path.join(folder, 'sub'), ...options })) };
}

const given = ({ stdout }: CliOutcome): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

test('the file gives a flag what nobody else does; paths are relative to the file', async (t) => {
  const outcome = await run('deploy', FILE);
  t.deepEqual(given(outcome), {
    name: 'blue',
    platform: 'swarm',
    timeout: 2000,
    workers: 3,
    file: path.join(outcome.folder, 'compose', 'mine.yml'),
    notebook: false,
    conf: ['spark.a=1', 'spark.b=2'],
    port: ['ui=0', 'master=none'],
    constraint: ['node.role==worker'],
    jar: [path.join(outcome.folder, 'lib', 'a.jar'), path.join(outcome.folder, 'lib', 'b.jar')],
  });
});

test('a flag wins over the environment, and that over the file', async (t) => {
  const env = { SPARK_SWARM_WORKERS: '4', SPARK_SWARM_NAME: 'green', SPARK_SWARM_CONSTRAINT: 'env' };
  const outcome = await run('deploy --workers 5 --file here.yml --notebook', FILE, { env });
  t.like(given(outcome), {
    name: 'green',
    workers: 5,
    file: 'here.yml',
    notebook: true,
    constraint: ['env'],
  });
});

test('of ports and properties only those that are given are overruled', async (t) => {
  const env = { SPARK_SWARM_PORT: 'ui=9090' };
  const outcome = await run('deploy --conf spark.b=9 --conf spark.c=3', FILE, { env });
  t.deepEqual(given(outcome)['conf'], ['spark.a=1', 'spark.b=9', 'spark.c=3']);
  t.deepEqual(given(outcome)['port'], ['master=none', 'ui=9090']);
});

test("a lab's name and context are not the cluster's", async (t) => {
  t.deepEqual(given(await run('lab up', FILE)), { name: 'spark' });
});

test('what only the flag refuses is said with its place, all of it', async (t) => {
  const outcome = await run('deploy', 'workers: 6\nconf:\n  spark.a: bad\n');
  t.deepEqual(
    { status: outcome.status, stdout: outcome.stdout, stderr: outcome.stderr },
    {
      status: 2,
      stdout: '',
      stderr: [
        'error: ../spark-swarm.yaml has 2 problems:',
        '  ../spark-swarm.yaml:1:10: workers: got "6"; expected a whole number from 1 to 5',
        '  ../spark-swarm.yaml:3:12: conf.spark.a: got "spark.a=bad"; expected better',
        '',
      ].join('\n'),
    },
  );
});

test('a broken file stops what would use it, with status 2 and one line', async (t) => {
  const { status, stdout, stderr } = await run('deploy', 'workers: two\n');
  t.deepEqual(
    { status, stdout, stderr },
    {
      status: 2,
      stdout: '',
      stderr: 'error: ../spark-swarm.yaml:1:10: workers: got "two"; expected a whole number from 1 to 1000\n',
    },
  );
});

for (const line of ['deploy --help', 'help deploy', '--help', '--version', 'lab up', 'lab']) {
  test(`"${line}" does not look at the file`, async (t) => {
    t.like(await run(line, 'workers: [\n'), { status: 0, stderr: '' });
  });
}

test('SPARK_SWARM_CONFIG chooses another file, or none', async (t) => {
  const other = path.join(root, 'other.yaml');
  writeFileSync(other, 'name: red\n');
  t.like(given(await run('deploy', FILE, { env: { SPARK_SWARM_CONFIG: other } })), { name: 'red' });
  t.like(given(await run('deploy', FILE, { env: { SPARK_SWARM_CONFIG: '/dev/null' } })), { name: 'spark' });
});
