import test from 'ava';

import type { CommandEntry } from '../../../src/cli/command-table.ts';
import { addClusterOptions, addDryRunOption, addExamples, addRepeatableOption } from '../../../src/cli/options.ts';
import { parseCount } from '../../../src/units.ts';
import { runCli, type CliOptions, type CliOutcome } from '../../helpers/cli.ts';

/** Commands that print what they were given, as JSON. `loaded` takes note of the modules that were asked for. */
const fakeCommands = (loaded: string[] = []): readonly CommandEntry[] => [
  {
    words: ['deploy'],
    summary: 'put a cluster on the swarm',
    load: async () => ({
      configure(command, cli) {
        loaded.push('deploy');
        addClusterOptions(command).option('--workers <count>', 'how many', (text) =>
          parseCount(text, '--workers', { min: 1, max: 1000 }),
        );
        addDryRunOption(command);
        addRepeatableOption(command, { flags: '--constraint <rule>', description: 'where', parse: (text) => text });
        command.option('--no-wait', 'do not wait');
        addExamples(command, [['spark-swarm deploy --workers 4', 'four workers']]);
        command.action((options: object) => void cli.stdout.write(JSON.stringify(options)));
      },
    }),
  },
  {
    words: ['lab'],
    summary: 'nodes in containers',
    load: async () => ({
      configure(command, cli) {
        loaded.push('lab');
        command
          .command('up')
          .argument('<name>')
          .action((name: string) => void cli.stdout.write(`up ${name}`));
        command.command('down').action(() => void cli.stdout.write('down'));
      },
    }),
  },
  {
    words: ['submit'],
    summary: 'run an application',
    load: async () => ({
      configure(command, cli) {
        command.argument('<app>').argument('[args...]').passThroughOptions();
        command.action((app: string, args: readonly string[]) => void cli.stdout.write(JSON.stringify([app, ...args])));
      },
    }),
  },
];

const run = async (line: string, options: CliOptions = {}): Promise<CliOutcome> =>
  runCli(line.split(' ').filter(Boolean), { commands: fakeCommands(), ...options });

const refused = (stderr: string): CliOutcome => ({ status: 2, stdout: '', stderr });

const messages: readonly (readonly [line: string, stderr: string])[] = [
  ['deploy --worker 3', 'error: unknown flag --worker; did you mean --workers?\nhint: spark-swarm deploy --help\n'],
  ['deploy --worker=3', 'error: unknown flag --worker; did you mean --workers?\nhint: spark-swarm deploy --help\n'],
  ['deploy --zzz', 'error: unknown flag --zzz\nhint: spark-swarm deploy --help\n'],
  ['deploy --workers', 'error: --workers <count>: the value is missing\n'],
  ['deploy --workers -1', 'error: --workers: got "-1"; expected a whole number from 1 to 1000\n'],
  ['deploy --workers=', 'error: --workers: got ""; expected a whole number from 1 to 1000\n'],
  ['deploy --workers 3 --workers 5', 'error: --workers given twice (3, 5)\n'],
  ['deploy x', 'error: unexpected argument "x"\nhint: spark-swarm deploy --help\n'],
  ['deploi', 'error: unknown command "deploi"; did you mean deploy?\nhint: spark-swarm --help lists the commands\n'],
  [
    'deploi --help',
    'error: unknown command "deploi"; did you mean deploy?\nhint: spark-swarm --help lists the commands\n',
  ],
  ['lab upp', 'error: unknown command "upp"; did you mean up?\nhint: spark-swarm lab --help lists the commands\n'],
  ['lab up', 'error: the argument NAME is missing\nhint: spark-swarm lab up --help\n'],
  ['lab up a b', 'error: unexpected argument "b"\nhint: spark-swarm lab up --help\n'],
  [
    '--context x deploy',
    'error: unknown flag --context\nhint: flags follow the command: spark-swarm COMMAND --context\n',
  ],
  ['deploy --name Spark', 'error: --name: got "Spark"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter\n'],
];

for (const [line, stderr] of messages) {
  test(`"${line}" is refused with status 2 and one clear line`, async (t) => {
    t.deepEqual(await run(line), refused(stderr));
  });
}

test('a value follows its flag after a blank or after "="', async (t) => {
  for (const line of ['deploy --workers 3', 'deploy --workers=3']) {
    const { stdout } = await run(line);
    t.deepEqual(JSON.parse(stdout), { name: 'spark', constraint: [], wait: true, workers: 3 });
  }
});

test('a flag given twice with the same value is no contradiction, and a repeatable flag takes all values', async (t) => {
  const { stdout } = await run('deploy --workers 3 --workers 3 --constraint a --constraint b');
  t.deepEqual(JSON.parse(stdout), { name: 'spark', constraint: ['a', 'b'], wait: true, workers: 3 });
});

test('what is not typed comes from the environment', async (t) => {
  const env = {
    SPARK_SWARM_NAME: 'blue',
    SPARK_SWARM_WORKERS: '4',
    SPARK_SWARM_DRY_RUN: '1',
    SPARK_SWARM_NO_WAIT: 'yes',
  };
  const { stdout } = await run('deploy --name red', { env });
  t.deepEqual(JSON.parse(stdout), { name: 'red', constraint: [], wait: false, workers: 4, dryRun: true });
});

test('an empty variable counts as not set, and a switch can be off', async (t) => {
  const { stdout } = await run('deploy', { env: { SPARK_SWARM_NAME: '', SPARK_SWARM_DRY_RUN: '0' } });
  t.deepEqual(JSON.parse(stdout), { name: 'spark', constraint: [], wait: true });
});

test('a wrong value in the environment is refused, and the variable is named', async (t) => {
  t.deepEqual(
    await run('deploy', { env: { SPARK_SWARM_WORKERS: '0x2' } }),
    refused('error: --workers: got "0x2"; expected a whole number from 1 to 1000 (from SPARK_SWARM_WORKERS)\n'),
  );
  t.deepEqual(
    await run('deploy', { env: { SPARK_SWARM_DRY_RUN: 'maybe' } }),
    refused('error: SPARK_SWARM_DRY_RUN: got "maybe"; expected 1 or 0\n'),
  );
});

test("flags after the application are the application's", async (t) => {
  t.deepEqual(await run('submit app.py --workers 3 --help'), {
    status: 0,
    stdout: '["app.py","--workers","3","--help"]',
    stderr: '',
  });
});

test('the root help lists every command, loads none, and goes to standard output', async (t) => {
  const loaded: string[] = [];
  const { status, stdout, stderr } = await run('--help', { commands: fakeCommands(loaded) });
  t.deepEqual({ status, stderr, loaded }, { status: 0, stderr: '', loaded: [] });
  t.snapshot(stdout);
});

test('the help that needs no parser is that of the parser', async (t) => {
  const { stdout } = await run('--help');
  for (const line of ['-h', 'help', '--help --help', '--help deploy']) t.is((await run(line)).stdout, stdout, line);
});

test('no arguments at all print the help, as docker does', async (t) => {
  t.deepEqual(await run(''), await run('--help'));
});

test('only the module of the command that runs is loaded', async (t) => {
  const loaded: string[] = [];
  await run('lab down', { commands: fakeCommands(loaded) });
  t.deepEqual(loaded, ['lab']);
});

test("a command's help shows its flags, examples and exit statuses", async (t) => {
  const { status, stdout, stderr } = await run('deploy --help');
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  t.snapshot(stdout);
  t.deepEqual(await run('help deploy'), { status, stdout, stderr });
});

test('a group without a command prints its help', async (t) => {
  const { status, stdout, stderr } = await run('lab');
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  t.deepEqual(await run('lab --help'), { status, stdout, stderr });
});

test('the version is that of the package', async (t) => {
  t.regex((await run('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});
