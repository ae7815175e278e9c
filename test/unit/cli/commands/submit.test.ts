import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { Answer, frame } from '../../../helpers/fake-engine.ts';
import { Stage } from '../../../helpers/stage.ts';

/** A driver in the master's container that prints and succeeds. */
function drive(stage: Stage): { readonly commands: string[][]; readonly archives: string[] } {
  const commands: string[][] = [];
  const archives: string[] = [];
  const isStart = (id: string): boolean => commands[Number(id.slice('exec'.length)) - 1]?.at(-1) === 'host';
  const output = [frame('stdout', 'started 7 8 boot:9 host\nPi is '), frame('stdout', 'roughly 3.14\n')];
  stage.swarm.engine.on({
    'PUT /containers/*/archive': ({ bytes, query }) => void archives.push(`${query['path']} ${bytes.toString()}`),
    'POST /containers/*/exec': ({ body }) => {
      commands.push((JSON.parse(body) as { Cmd: string[] }).Cmd);
      return { Id: `exec${commands.length}` };
    },
    'POST /exec/*/start': ({ id }) =>
      new Answer(200, isStart(id) ? Buffer.concat([...output, frame('stderr', 'INFO\n')]) : ''),
    'GET /exec/*/json': () => ({ ExitCode: 0 }),
  });
  return { commands, archives };
}

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-submit-'));
test.after.always(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, 'app.py'), '');

test('submit brings what is needed in one archive, and runs it by one program', async (t) => {
  await using stage = await Stage.set();
  const { commands, archives } = drive(stage);
  const argv = ['submit', '--name', 'spark', '--conf', 'a=b', 'app.py', '--name', "it's mine", '$HOME'];
  const { status, stdout, stderr } = await stage.run(argv, { cwd: folder });
  t.is(status, 0, stderr);
  t.is(stdout, 'Pi is roughly 3.14\n');
  t.regex(stderr, /^INFO\nthe application succeeded after [^\n]+\n$/);
  const [archive = ''] = archives;
  t.is(archives.length, 1);
  t.regex(archive, /^\/var\/lib\/spark\/jobs\/records \.new\//);
  const [, id] = /"id":"([0-9a-f]{12})"/.exec(archive) ?? [];
  t.true(
    archive.includes(`spark-submit --conf a=b --conf spark.swarm.jobId=${id} app.py --name 'it'\\''s mine' '$HOME'`),
    archive.slice(0, 3000),
  );
  t.is(commands.length, 2);
  const [base, jobName, nonce, hash, mode] = commands.find((words) => words.at(-1) === 'host')?.slice(-5) ?? [];
  t.deepEqual([base, jobName, mode], ['/var/lib/spark/jobs/records', `app-${id}`, 'host']);
  t.regex(`${nonce} ${hash}`, /^[0-9a-f]{8} [0-9a-f]{64}$/);
});

test('submit -q prints nothing but what the application prints', async (t) => {
  await using stage = await Stage.set();
  drive(stage);
  t.deepEqual(await stage.run(['submit', '-q', '--example', 'pi', '10']), {
    status: 0,
    stdout: 'Pi is roughly 3.14\n',
    stderr: 'INFO\n',
  });
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
