import test from 'ava';

import { openDockerMachineSource } from '../../../../src/adapters/machines/docker-machine-source.ts';
import { NotFoundError, UsageError } from '../../../../src/errors.ts';

const signal = new AbortController().signal;
const source = openDockerMachineSource({
  env: { PATH: '/nonexistent', HOME: '/nonexistent' },
  acceptNewHostKeys: false,
  report: () => {},
});
const options = {
  swarm: 'demo',
  driver: 'virtualbox',
  size: { cores: undefined, memoryBytes: undefined, diskBytes: undefined },
  driverFlags: [],
  progress: () => {},
  signal,
};

test('without docker-machine there are no machines of it, and none can be used or made', async (t) => {
  t.deepEqual(await source.list(signal), []);
  const attempts = [
    source.open('myvm1', signal),
    source.maker?.create([{ name: 'myvm1', host: undefined }], options),
    source.maker?.remove('myvm1', signal),
  ];
  for (const attempt of attempts) {
    const error = await t.throwsAsync<NotFoundError>(async () => attempt, { instanceOf: NotFoundError });
    t.deepEqual(
      [error?.message, error?.hint],
      [
        'There is no docker-machine on this machine',
        'put the program docker-machine on PATH; hosts that are there already are taken with --hosts, without it',
      ],
    );
  }
});

test('a name that is none, and a driver that is none, are refused before docker-machine is looked for', async (t) => {
  const name = await t.throwsAsync<UsageError>(source.open('--help', signal), { instanceOf: UsageError });
  t.is(
    name?.message,
    'machine: got "--help"; expected at most 63 letters, digits and dashes, with no dash at either end',
  );
  const driver = await t.throwsAsync<UsageError>(
    async () => source.maker?.create([{ name: 'a', host: undefined }], { ...options, driver: '-d' }),
    { instanceOf: UsageError },
  );
  t.is(driver?.message, '--driver: got "-d"; expected the name of a driver, like virtualbox');
});
