import test from 'ava';

import { ConflictError } from '../../../src/errors.ts';
import { parseHosts } from '../../../src/machines/parse-hosts.ts';
import { refuseTaken, type CreateRequest, type PresentCluster } from '../../../src/operations/cluster-create.ts';
import { clusterHost } from '../../helpers/builders.ts';

const wanted = (hosts: string, changes: Partial<CreateRequest> = {}): CreateRequest => ({
  name: 'demo',
  platform: 'swarm',
  hosts: hosts === '' ? [] : parseHosts(hosts, 'HOST'),
  ...changes,
});
const present = (changes: Partial<PresentCluster> = {}): PresentCluster => ({
  platform: 'swarm',
  healthy: false,
  swarm: 'demo',
  hosts: [clusterHost('h1'), clusterHost('h2')],
  ...changes,
});

test('a name that nobody has is free', (t) => {
  t.notThrows(() => refuseTaken(wanted('h1'), undefined));
});

test('a cluster that is whole has its name', (t) => {
  for (const hosts of ['', 'h[1-2]', 'h3']) {
    const error = t.throws(() => refuseTaken(wanted(hosts), present({ healthy: true })), { instanceOf: ConflictError });
    t.is(error.message, 'demo exists already');
    t.is(error.hint, 'spark-swarm cluster info -n demo shows it');
  }
});

test('an interrupted create goes on with the same hosts, and where no hosts are named', (t) => {
  t.notThrows(() => refuseTaken(wanted('h[1-2]'), present()));
  t.notThrows(() => refuseTaken(wanted(''), present({ swarm: undefined })));
});

test('other hosts, another swarm and another platform are another cluster', (t) => {
  const message = 'demo exists already, on h1, h2, and is not healthy';
  for (const hosts of ['h1', 'h[1-3]', 'h[2-3]']) t.throws(() => refuseTaken(wanted(hosts), present()), { message });
  t.throws(() => refuseTaken(wanted('h[1-2]'), present({ swarm: undefined })), { message });
  t.throws(() => refuseTaken(wanted('', { platform: 'containers' }), present()), {
    message: 'demo exists already, on swarm, and is not healthy',
  });
});
