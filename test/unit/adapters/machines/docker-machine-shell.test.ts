import { spawnSync } from 'node:child_process';

import test from 'ava';

import { FakeDockerMachine } from '../../../helpers/fake-docker-machine.ts';

const folder = new URL('../../../../src/adapters/machines/', import.meta.url).href;
const PROGRAM = `
  import { DockerMachineCli } from '${folder}docker-machine-cli.js';
  import { DockerMachineShell } from '${folder}docker-machine-shell.js';
  const shell = new DockerMachineShell(new DockerMachineCli(process.env), { name: 'vm', sshUser: 'root' });
  const status = await shell.attach(['true'], { signal: new AbortController().signal }).catch((error) => error.message);
  console.log(status);
`;

/** What docker-machine ends with and prints; what of it a person sees, and the status. */
const ENDS: readonly (readonly [status: number, prints: string, sees: string, ends: string])[] = [
  [0, 'exit status 3\n', 'exit status 3\n', '0'],
  [0, 'e', 'e', '0'],
  [0, 'sad\nexit', 'sad\nexit', '0'],
  [1, 'sad\nexit status 7\n', 'sad\n', '7'],
  [1, 'exit status 3\nexit status 7\n', 'exit status 3\n', '7'],
  [
    1,
    'Host "vm" is not running\n',
    'Host "vm" is not running\n',
    'Cannot work on vm (docker-machine): it does not run',
  ],
];

for (const [status, prints, sees, ends] of ENDS) {
  test(`a command that ends with ${status} and says ${JSON.stringify(prints)} is heard whole`, async (t) => {
    await using fake = await FakeDockerMachine.start();
    await fake.write('said', prints);
    await fake.write('on-ssh', `cat "$store/said" >&2; exit ${status}`);
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      env: fake.env,
      encoding: 'utf8',
    });
    t.deepEqual([run.stderr, run.stdout], [sees, `${ends}\n`]);
  });
}

test('of a long output nothing is lost, and its status is read', async (t) => {
  await using fake = await FakeDockerMachine.start();
  await fake.write('on-ssh', 'seq 20000 >&2; echo "exit status 7" >&2; exit 1');
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    env: fake.env,
    encoding: 'utf8',
  });
  t.is(run.stderr, Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(''));
  t.is(run.stdout, '7\n');
});
