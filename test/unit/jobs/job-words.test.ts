import test from 'ava';

import { splitOwnFlags, wishFromWords } from '../../../src/jobs/job-words.ts';
import { EMPTY_WISH } from '../../../src/jobs/job-wish.ts';
import { jobWish } from '../../helpers/job-tools.ts';

test("spark-submit's line: options, the application, its arguments", (t) => {
  t.deepEqual(wishFromWords(['--conf=a=b', '-v', 'app.py', '--conf', 'x']), {
    ...EMPTY_WISH,
    options: ['--conf', 'a=b', '-v'],
    mains: ['app.py'],
    args: ['--conf', 'x'],
  });
  t.deepEqual(wishFromWords(['--conf', 'a=b', '--', '-x.py', '-y']), {
    ...EMPTY_WISH,
    options: ['--conf', 'a=b'],
    mains: ['-x.py'],
    args: ['-y'],
  });
});

test('an application that is named by a flag, a job file or an example leaves all words to the arguments', (t) => {
  const line = ['--conf', 'a=b', 'x', '-y'];
  t.like(wishFromWords(line, { main: ['app.jar', 'b.jar'] }), { mains: ['app.jar', 'b.jar'], args: ['x', '-y'] });
  t.like(wishFromWords(line, {}, jobWish({ mains: ['f.py'] })), {
    mains: ['f.py'],
    args: ['x', '-y'],
    options: ['--conf', 'a=b'],
  });
  t.like(wishFromWords(line, { example: 'pi' }, jobWish({ mains: ['f.py'] })), {
    mains: [],
    example: 'pi',
    args: ['x', '-y'],
  });
  t.like(wishFromWords(['x'], { main: ['a.py'] }, jobWish({ example: 'pi' })), { mains: ['a.py'], example: undefined });
});

test('a shell job has no options of spark-submit: every word is its own', (t) => {
  t.like(wishFromWords(['run.sh', '--conf', 'x'], { type: 'Shell' }), {
    type: 'shell',
    mains: ['run.sh'],
    args: ['--conf', 'x'],
  });
  t.like(wishFromWords(['--', '-x.sh'], { type: 'shell' }), { mains: ['-x.sh'], args: [], options: [] });
});

test('what is typed wins over the job file: values and lists take its place, maps are joined', (t) => {
  const base = jobWish({
    name: 'file',
    mains: ['f.py'],
    libs: ['l.py'],
    args: ['1', '2'],
    params: { A: 'file', B: 'file' },
    configs: { 'spark.x': 'file' },
    options: ['--verbose'],
    timeoutMs: 1,
    input: '/in',
    problems: [{ message: 'job.yaml:1:1: something' }],
  });
  t.deepEqual(
    wishFromWords(
      ['--conf', 'a=b', 'z'],
      {
        jobName: 'typed',
        lib: ['m.py'],
        arg: ['3'],
        param: ['B=typed=1'],
        config: ['spark.y=2'],
        timeout: '2s',
        maxOutput: '100m',
        driver: 'task',
      },
      base,
    ),
    {
      ...base,
      name: 'typed',
      driver: 'task',
      libs: ['m.py'],
      args: ['3', 'z'],
      params: { A: 'file', B: 'typed=1' },
      configs: { 'spark.x': 'file', 'spark.y': '2' },
      options: ['--verbose', '--conf', 'a=b'],
      timeoutMs: 2000,
      maxOutputBytes: 100 * 1024 ** 2,
    },
  );
  t.deepEqual(wishFromWords([], {}, base), base);
});

test('all that is wrong with a line is kept for one message', (t) => {
  const { problems } = wishFromWords(
    ['--conf'],
    { id: 'x', timeout: '5', maxOutput: '512k', param: ['=v'] },
    jobWish({ problems: [{ message: 'file' }] }),
  );
  t.deepEqual(
    problems.map(({ message }) => message),
    [
      'file',
      '--conf: expected a value',
      '--id: got "x"; expected 12 of 0-9 and a-f',
      '--param: got "=v"; expected KEY=VALUE',
      '--timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h',
      '--max-output: got "512k"; expected 1m or more',
    ],
  );
});

test("our own flags are taken out of spark-submit's options, wherever they stand among them", (t) => {
  const flags = new Map([
    ['--detach', false],
    ['--driver', true],
    ['-q', false],
  ]);
  t.deepEqual(
    splitOwnFlags(
      [
        '--class',
        'M',
        '--detach',
        '--driver',
        'task',
        '-v',
        '--driver=x',
        '--conf',
        '--detach',
        '-q',
        'app.jar',
        '--detach',
      ],
      flags,
    ),
    {
      own: ['--detach', '--driver', 'task', '--driver=x', '-q'],
      rest: ['--class', 'M', '-v', '--conf', '--detach', 'app.jar', '--detach'],
    },
  );
  t.deepEqual(splitOwnFlags(['--x', 'y', '--', '--detach'], flags), { own: [], rest: ['--x', 'y', '--', '--detach'] });
});
