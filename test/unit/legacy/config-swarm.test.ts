import test from 'ava';

import { projectRoot, runCli } from '../../helpers/cli.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';

// The defects of the older config-swarm.sh, by the numbers that the project's own list gives them. That `--create` makes
// as many machines as it says (B6) is counted in test/integration/config-swarm.test.ts.

const ALONE = { env: { PATH: '/nowhere', MACHINE_STORAGE_PATH: '/nowhere' } };

test('B7: an unknown flag ends with 2', async (t) => {
  t.deepEqual(await runCli(['swarm', '--nodes', '3'], ALONE), {
    status: 2,
    stdout: '',
    stderr: 'error: unknown flag --nodes\nhint: spark-swarm swarm create --help\n',
  });
});

test('B7: there are commands that undo what config-swarm did', async (t) => {
  const { status, stdout } = await runCli(['swarm', '--help']);
  t.is(status, 0);
  for (const word of ['create', 'join', 'leave', 'status']) t.regex(stdout, new RegExp(`^  ${word} `, 'm'));
});

for (const words of [['-n=two'], ['-n', 'two'], ['--num=two'], ['--num', 'two']]) {
  test(`the old flag is known: ${words.join(' ')}`, async (t) => {
    const { status, stderr } = await runCli(['swarm', ...words], ALONE);
    t.deepEqual([status, stderr], [2, 'error: --num: got "two"; expected a whole number from 1 to 100\n']);
  });
}

for (const words of [['-p=my_vm'], ['-p', 'my_vm'], ['--prefix=my_vm'], ['--prefix', 'my_vm']]) {
  test(`the old flag is known: ${words.join(' ')}`, async (t) => {
    const { status, stderr } = await runCli(['swarm', ...words], ALONE);
    t.is(status, 2);
    t.regex(stderr, /^error: --prefix: got "my_vm"; .*: host names have no _$/m);
  });
}

for (const create of ['--create', '-c']) {
  test(`B6: ${create} is read: without its hosts the driver generic is refused`, async (t) => {
    const { status, stderr } = await runCli(['swarm', create, '--driver', 'generic'], ALONE);
    t.deepEqual([status, stderr], [2, 'error: --driver generic: expected --hosts, one for each machine\n']);
  });
}

test('two managers are refused, with why', async (t) => {
  t.deepEqual(await runCli(['swarm', 'create', '--hosts', 'a,b', '--managers', '2'], ALONE), {
    status: 2,
    stdout: '',
    stderr: 'error: --managers: got "2"; expected 1, 3 or 5; 2 bear the loss of no more managers than 1\n',
  });
});

test('B27: machines of docker-machine are one source of several', async (t) => {
  const { stdout } = await runCli(['swarm', 'create', '--help']);
  for (const flag of ['--hosts <list>', '--source <source>', '--driver <driver>']) t.true(stdout.includes(flag), flag);
  t.regex(stdout, /lab for nodes of a\s+lab/);
});

test('swarm join needs machines', async (t) => {
  t.deepEqual(await runCli(['swarm', 'join'], ALONE), {
    status: 2,
    stdout: '',
    stderr: 'error: the machines are missing; expected --hosts, --inventory, or --prefix\n',
  });
});

test('the launchers of the older script call the same command', (t) => {
  const text = readFileSync(path.join(projectRoot, 'sbin', 'config-swarm'), 'utf8');
  t.true(text.includes("await launch('swarm');"));
});
