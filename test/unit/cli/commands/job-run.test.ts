import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { runCli, type CliOutcome } from '../../../helpers/cli.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-job-run-'));
test.after.always(() => rm(folder, { recursive: true }));
const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
write('app.py', 'print(1)');
write('run.sh', 'echo 1');
write('cut.jar', 'PK\u0003\u0004 and no end');
write('job.yaml', 'type: spark\nmians: [app.py]\nconfigs: {edp.java.main_classs: X}\ntimeout: 5\n');
write('list.yaml', '- app.py\n');
write('shll.yaml', 'type: shll\nmains: [run.sh]\n');
write('other.yaml', 'cluster: Not-One\nmains: [nothere.py]\n');

/** An engine is never asked: the address leads nowhere, and would end with status 4. */
const run = async (words: readonly string[]): Promise<CliOutcome> =>
  runCli(words, { cwd: folder, env: { HOME: folder, DOCKER_HOST: 'unix:///nowhere/docker.sock' } });

const refused: readonly (readonly [words: readonly string[], stderr: readonly string[]])[] = [
  [
    ['job', 'run'],
    [
      'error: Spark job requires main application jar',
      'hint: or a .py file: spark-swarm job run app.py; --main, and mains: in a job file, name it too',
    ],
  ],
  [
    ['job', 'run', 'nothere.py'],
    [
      'error: No such application file: nothere.py',
      'hint: a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
    ],
  ],
  [
    ['job', 'run', '--type', 'spark', '--', 'run.sh', 'x'],
    ['error: run.sh: a shell script is no Spark application', 'hint: spark-swarm job run --type shell -- run.sh'],
  ],
  [
    ['job', 'run', '--class', 'Main', 'cut.jar'],
    [
      'error: cut.jar is cut off: it has 15 bytes, and the end of a zip file is missing',
      'hint: build or copy it again; --no-check sends it as it is',
    ],
  ],
  [
    ['job', 'run', '/data/app.jar'],
    [
      'error: Spark job must specify edp.java.main_class',
      'hint: /data/app.jar is a jar: --class NAME names its main class; in a job file: configs: {edp.java.main_class: NAME}',
    ],
  ],
  [
    ['job', 'run', 'app.py', 'a\0b'],
    [
      'error: argument 1 of the application has a NUL character, which no process can be given: "a\\u0000b"',
      'hint: pass it in a file',
    ],
  ],
  [
    ['job', 'run', '--conf', 'spark.x=1', '--timeout', '5', '--id', 'x', 'app.py'],
    [
      'error: The job "app" has 2 problems:',
      '  --id: got "x"; expected 12 of 0-9 and a-f',
      '  --timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h',
    ],
  ],
  [
    ['job', 'run', '--file', 'job.yaml'],
    [
      'error: The job "job" has 4 problems:',
      '  job.yaml:2:1: unknown key "mians"; did you mean "mains"?',
      '  job.yaml:3:11: configs: unknown key "edp.java.main_classs"; did you mean "edp.java.main_class"?',
      '  job.yaml:4:10: timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h',
      '  Spark job requires main application jar (or a .py file: spark-swarm job run app.py; --main, and mains: in a job file, name it too)',
    ],
  ],
  [
    ['job', 'run', '--file', 'other.yaml'],
    [
      'error: The job "nothere" has 2 problems:',
      '  other.yaml:1:10: cluster: got "Not-One"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter',
      '  No such application file: nothere.py (a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example)',
    ],
  ],
  [
    ['job', 'run', '--retry', '4c1f', '--param', 'A=1', '--timeout', '5m', 'app.py'],
    [
      'error: --retry: the job has all of it already; leave out --param --timeout app.py',
      'hint: --name and --driver say where its record is; to run it elsewhere: job export, then --capsule',
    ],
  ],
  [
    ['job', 'run', '--retry', '4c1f', '--capsule', 'x.tar.gz'],
    [
      'error: --retry: the job has all of it already; leave out --capsule',
      'hint: --name and --driver say where its record is; to run it elsewhere: job export, then --capsule',
    ],
  ],
  [
    ['job', 'run', '--retry', 'no such'],
    [
      'error: JOB: got "no such"; expected the id of a job (12 of 0-9 and a-f) or PID@INSTANCE',
      'hint: spark-swarm job list shows the jobs and their ids',
    ],
  ],
  [['job', 'run', '--retry', '4c1f', '--id', 'x'], ['error: --id: got "x"; expected 12 of 0-9 and a-f']],
  [
    ['job', 'run', '--capsule', 'app.py'],
    [
      `error: Cannot read the capsule ${path.join(folder, 'app.py')}: incorrect header check`,
      'hint: spark-swarm job export JOB makes one',
    ],
  ],
  [
    ['job', 'run', '--bogus', 'app.py'],
    ['error: --bogus is no option of spark-submit', 'hint: options of the application itself come after it'],
  ],
  [
    ['job', 'run', '--timout', '5m', 'app.py', 'a'],
    [
      'error: --timout is no option of spark-submit; did you mean --timeout?',
      'hint: options of the application itself come after it',
    ],
  ],
  [
    ['job', 'run', '--exec-memory', '600m', '--driver-memory', '1x', 'app.py'],
    [
      'error: The job "app" has 2 problems:',
      '  --exec-memory is no option of spark-submit (options of the application itself come after it)',
      '  --driver-memory: got "1x"; expected a size with a unit, like 1g or 512m',
    ],
  ],
  [
    ['job', 'run', '--config', 'spark.driver.memory=5', '--conf', 'spark.executor.memory=abc', 'app.py'],
    [
      'error: The job "app" has 2 problems:',
      '  spark.driver.memory: got "5"; expected a size with a unit, like 1g or 512m',
      '  spark.executor.memory: got "abc"; expected a size with a unit, like 1g or 512m',
    ],
  ],
  [
    ['job', 'run', '--type', 'shell', 'app.py'],
    ['error: app.py: a Spark application is no shell script', 'hint: spark-swarm job run app.py'],
  ],
  [
    ['job', 'run', '--file', 'list.yaml'],
    ['error: list.yaml:1:1: got a list; expected keys and values, like mains: [app.py]'],
  ],
  [['job', 'run', '--file', 'shll.yaml'], ['error: shll.yaml:1:7: type: got "shll"; expected spark or shell']],
  [['job', 'run', '--file', 'no.yaml'], ['error: Cannot read the job file no.yaml: there is no such file']],
];

for (const [words, lines] of refused) {
  test(`${JSON.stringify(words.join(' '))} is refused before anything is asked`, async (t) => {
    const { status, stdout, stderr } = await run(words);
    t.deepEqual(stderr.trimEnd().split('\n'), lines);
    t.is(status, 2);
    t.is(stdout, '');
  });
}
