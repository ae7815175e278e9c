import test from 'ava';

import { EngineError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { giveVolumes, ownedVolumes } from '../../../src/platforms/volume-owner.ts';
import { FakeContainers } from '../../helpers/fake-containers.ts';
import { chownArgv } from '../../helpers/chown-argv.ts';

const TO = { cluster: 'spark', image: 'sha256:a', owner: '1000:100' };

test('volumes whose files belong to somebody are those of notebooks, of jobs and of what the master knows', (t) => {
  const volume = (role?: string): Parameters<typeof ownedVolumes>[0][number] => ({
    Name: role ?? 'none',
    Labels: role === undefined ? null : { [LABELS.role]: role },
  });
  const all = ['data', 'notebooks', 'recovery', 'jobs', 'secrets', undefined].map(volume);
  t.deepEqual(ownedVolumes(all), ['notebooks', 'recovery', 'jobs']);
});

test('files are given away by a container that can do nothing else, and that goes again', async (t) => {
  await using fake = await FakeContainers.start();
  await giveVolumes(fake.engine.api, ['a', 'b'], TO);
  t.deepEqual(fake.written.get('made-1')?.body, {
    Image: 'sha256:a',
    Entrypoint: chownArgv('1000:100', ['/volumes/a', '/volumes/b']),
    Cmd: [],
    User: '0:0',
    Labels: { [LABELS.cluster]: 'spark', [LABELS.role]: 'secrets' },
    HostConfig: {
      Mounts: ['a', 'b'].map((name) => ({ Type: 'volume', Source: name, Target: `/volumes/${name}` })),
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE'],
    },
  });
  t.deepEqual(fake.engine.changes, [
    'POST /containers/create',
    'POST /containers/made-1/start',
    'POST /containers/made-1/wait',
    'DELETE /containers/made-1',
  ]);
});

test('without a volume no container is made', async (t) => {
  await using fake = await FakeContainers.start();
  await giveVolumes(fake.engine.api, [], TO);
  t.deepEqual(fake.engine.lines, []);
});

test('what does not work is said, and the container goes', async (t) => {
  await using fake = await FakeContainers.start();
  fake.engine.on({ 'POST /containers/*/wait': () => ({ StatusCode: 1 }) });
  await t.throwsAsync(giveVolumes(fake.engine.api, ['a', 'b'], TO), {
    instanceOf: EngineError,
    message: 'Cannot give the volumes a, b to 1000:100: chown ended with 1',
  });
  t.is(fake.engine.changes.at(-1), 'DELETE /containers/made-1');
});
