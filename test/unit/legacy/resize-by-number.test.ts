import test from 'ava';

import { Stage } from '../../helpers/stage.ts';

// `resize-cluster 3`, as it was typed before there was --workers.

test('a number alone counts workers, which is said, and does what --workers does', async (t) => {
  await using stage = await Stage.set();
  const flag = await stage.run(['resize', '--workers', '3', '--dry-run']);
  t.is(flag.status, 0, flag.stderr);
  t.deepEqual(await stage.run(['resize', '3', '--dry-run']), {
    ...flag,
    stderr: '3 counts workers, the master comes on top; say --workers 3\n',
  });
});

test('it is said as an event where events are asked for', async (t) => {
  await using stage = await Stage.set();
  const { stderr } = await stage.run(['resize', '3', '--dry-run', '--events']);
  t.like(JSON.parse(stderr), { type: 'note', message: '3 counts workers, the master comes on top; say --workers 3' });
});

test('a number and --workers may agree, and must not contradict each other', async (t) => {
  await using stage = await Stage.set();
  t.is((await stage.run(['resize', '3', '--workers', '3', '--dry-run'])).status, 0);
  t.deepEqual(await stage.run(['resize', '3', '--workers', '4']), {
    status: 2,
    stdout: '',
    stderr: 'error: WORKERS and --workers contradict each other (3, 4)\n',
  });
  t.deepEqual(stage.changes, []);
});

test('what is typed wins over the environment', async (t) => {
  await using stage = await Stage.set();
  const env = { ...stage.swarm.engine.env, SPARK_SWARM_WORKERS: '1' };
  const typed = await stage.run(['resize', '3', '--dry-run'], { env });
  t.deepEqual(typed, await stage.run(['resize', '3', '--dry-run']));
});

for (const text of ['0', 'three', '1001', '2.5']) {
  test(`resize ${text} is refused`, async (t) => {
    await using stage = await Stage.set();
    t.deepEqual(await stage.run(['resize', text]), {
      status: 2,
      stdout: '',
      stderr: `error: WORKERS: got ${JSON.stringify(text)}; expected a whole number from 1 to 1000\n`,
    });
  });
}

test('without any number it is said what is missing', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['resize']), {
    status: 2,
    stdout: '',
    stderr: 'error: --workers: expected how many workers there shall be\n',
  });
});
