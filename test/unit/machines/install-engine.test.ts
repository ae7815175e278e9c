import test from 'ava';

import { InvalidStateError } from '../../../src/errors.ts';
import { installDetail, installEngine } from '../../../src/machines/install-engine.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';
import { fakeMachine } from '../../helpers/machine-readings.ts';

const options = {
  script: 'the script',
  loginUser: 'ops',
  progress: (): void => {},
  signal: new AbortController().signal,
};

const failing = (status: number, stderr: string): Machine => fakeMachine('m1', () => ({ status, stdout: '', stderr }));

test('the script runs as root for the user who logs in, and says what it did', async (t) => {
  const said: string[] = [];
  const stdout =
    'Unpacking docker.io (26.1.5+dfsg1-9) ...\nstarting the engine\ngroup=there\nchanged=yes\nengine=26.1.5+dfsg1\n';
  const machine = fakeMachine('m1', () => ({ status: 0, stdout, stderr: '' }));
  const done = await installEngine(machine, { ...options, progress: (detail) => said.push(detail) });
  t.deepEqual(done, { version: '26.1.5+dfsg1', changed: true, groupAdded: false });
  t.deepEqual(said, ['looking what is there', 'installing docker.io', 'starting the engine']);
  const [run] = machine.ran;
  t.deepEqual([run?.script, run?.options.args, run?.options.asRoot ?? true], ['the script', ['ops'], true]);
});

test('a user who was let in logs in anew', async (t) => {
  await using engine = await FakeEngine.start();
  const stdout = 'group=added\nchanged=yes\nengine=20.10.24\n';
  const machine = fakeMachine('m1', () => ({ status: 0, stdout, stderr: '' }), engine.api);
  let renewals = 0;
  const renew = async (): Promise<void> => {
    renewals += 1;
  };
  const { groupAdded } = await installEngine({ ...machine, shell: { ...machine.shell, renew } }, options);
  t.deepEqual([groupAdded, renewals], [true, 1]);
});

const FAILURES: readonly (readonly [status: number, words: string, message: string])[] = [
  [
    3,
    'Alpine Linux v3.22 is none whose packages are known here',
    'its system is not one of those: Alpine Linux v3.22 is none whose packages are known here',
  ],
  [
    4,
    'apt-get update: E: Unable to locate package docker.io',
    'the packages could not be installed: apt-get update: E: Unable to locate package docker.io',
  ],
  [
    5,
    'the engine does not answer after 60 s: Cannot connect',
    'it does not start: the engine does not answer after 60 s: Cannot connect',
  ],
  [137, '', 'the script did not end as it should: exit status 137'],
];

for (const [status, words, message] of FAILURES) {
  test(`exit status ${status} of the script is explained`, async (t) => {
    await t.throwsAsync(installEngine(failing(status, `${words}\n`), options), {
      instanceOf: InvalidStateError,
      message: `Cannot install an engine on m1: ${message}`,
    });
  });
}

test('lines of apt and dnf are short progress, others are not shown', (t) => {
  t.deepEqual(
    [
      'Get:3 http://mirror bookworm/main amd64 docker.io amd64 20.10.24 [36.2 MB]',
      '  Installing       : moby-engine-24.0.5-1.fc40.x86_64                      5/7 ',
      'its network carries 1400 bytes: written to /etc/docker/daemon.json',
      'Reading package lists...',
    ].map(installDetail),
    [
      'fetching docker.io, 36.2 MB',
      'installing moby-engine-24.0.5-1.fc40.x86_64, 5 of 7',
      'its network carries 1400 bytes: written to /etc/docker/daemon.json',
      undefined,
    ],
  );
});
