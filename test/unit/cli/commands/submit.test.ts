import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { Answer, frame } from '../../../helpers/fake-engine.ts';
import { Stage } from '../../../helpers/stage.ts';

/** A driver in the master's container that prints and ends. */
function drive(stage: Stage, status: number): string[][] {
  const commands: string[][] = [];
  const driverExec = (): string => `exec${commands.findIndex(([file]) => file?.endsWith('/run-driver')) + 1}`;
  stage.swarm.engine.on({
    'PUT /containers/*/archive': () => undefined,
    'POST /containers/*/exec': ({ body }) => {
      commands.push((JSON.parse(body) as { Cmd: string[] }).Cmd);
      return { Id: `exec${commands.length}` };
    },
    'POST /exec/*/start': ({ id }) =>
      new Answer(
        200,
        id === driverExec() ? Buffer.concat([frame('stdout', 'Pi is roughly 3.14\n'), frame('stderr', 'INFO\n')]) : '',
      ),
    'GET /exec/*/json': ({ id }) => ({ ExitCode: id === driverExec() ? status : 0 }),
  });
  return commands;
}

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-submit-'));
test.after.always(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, 'app.py'), '');

test("submit ends with the application's own status, and says whose it is", async (t) => {
  await using stage = await Stage.set();
  const commands = drive(stage, 3);
  const argv = ['submit', '--name', 'spark', '--conf', 'a=b', 'app.py', '--name', "it's mine", '$HOME'];
  const { status, stdout, stderr } = await stage.run(argv, { cwd: folder });
  t.is(status, 3);
  t.is(stdout, 'Pi is roughly 3.14\n');
  t.regex(stderr, /^INFO\nthe application failed after [^\n]+; exit status 3 is its own\n$/);
  const [list, run, removal] = commands;
  t.deepEqual(list, ['/opt/spark-swarm/list-drivers']);
  const [, place] = run ?? [];
  t.regex(place ?? '', /^\/tmp\/run-[0-9a-f]{12}$/);
  t.deepEqual(run, [
    '/opt/spark-swarm/run-driver',
    place,
    '--',
    'spark-submit',
    '--conf',
    'a=b',
    'app.py',
    '--name',
    "it's mine",
    '$HOME',
  ]);
  t.deepEqual(removal, ['rm', '-rf', place]);
});

test('submit -q prints nothing but what the application prints', async (t) => {
  await using stage = await Stage.set();
  const commands = drive(stage, 0);
  t.deepEqual(await stage.run(['submit', '-q', '--example', 'pi', '10']), {
    status: 0,
    stdout: 'Pi is roughly 3.14\n',
    stderr: 'INFO\n',
  });
  t.deepEqual(commands[1]?.slice(3), ['spark-submit', '/opt/spark/examples/src/main/python/pi.py', '10']);
});

test('submit to a cluster that is not there says what to type', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['submit', '--name', 'b', '--example', 'pi']), {
    status: 1,
    stdout: '',
    stderr: 'error: No cluster named "b"\nhint: spark-swarm list shows them all; start or deploy makes one\n',
  });
});

test('a driver that does not fit beside the master is refused before anything is brought there', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['submit', '--driver-memory', '8g', '--example', 'pi']), {
    status: 2,
    stdout: '',
    stderr:
      'error: The driver does not fit beside the master: 384m daemon + 8g driver + 384m overhead = 8960m, and its limit is 3200m\n' +
      'hint: a smaller --driver-memory, or spark-swarm deploy --master-memory 8960m\n',
  });
  t.deepEqual(stage.swarm.engine.changes, []);
});
