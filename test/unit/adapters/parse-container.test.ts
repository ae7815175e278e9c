import test from 'ava';

import { parseContainer, type RawContainer } from '../../../src/adapters/engine/parse-container.ts';
import { COMPOSE_SERVICE_LABEL, LABELS } from '../../../src/labels.ts';
import { readJsonFixture } from '../../helpers/builders.ts';
import { rawContainer } from '../../helpers/fake-containers.ts';

const [master, spare] = ['master', 'spare'].map((key) =>
  (readJsonFixture('docker-engine/compose-by-hand-20.10.24.json') as readonly RawContainer[]).find(
    ({ Name }) => Name === `/by-hand-${key}-1`,
  ),
);

test('a container that runs', (t) => {
  const { labels, ...parsed } = parseContainer(master!);
  t.deepEqual(parsed, {
    id: master!.Id,
    name: 'by-hand-master-1',
    image: 'spark-swarm:latest',
    state: 'running',
    exitCode: 0,
    isOomKilled: false,
    error: '',
    restarts: 0,
    createdAt: master!.Created,
    startedAt: master!.State.StartedAt,
    finishedAt: '0001-01-01T00:00:00Z',
    ports: [
      { targetPort: 7077, publishedPort: 32768, hostIp: '0.0.0.0' },
      { targetPort: 8080, publishedPort: 32778, hostIp: '127.0.0.1' },
    ],
  });
  t.is(labels[COMPOSE_SERVICE_LABEL], 'master');
  t.is(labels[LABELS.role], 'master');
});

test('a container that its engine starts again and again', (t) => {
  t.like(parseContainer(spare!), { state: 'restarting', exitCode: 1, restarts: 5, ports: [] });
});

test("of two addresses of one port the engine's IPv4 one is taken, and IPv6 where there is no other", (t) => {
  const raw = rawContainer('spark', 'master');
  const portsOf = (...bindings: readonly (readonly [HostIp: string, HostPort: string])[]): unknown =>
    parseContainer({
      ...raw,
      NetworkSettings: { Ports: { '8080/tcp': bindings.map(([HostIp, HostPort]) => ({ HostIp, HostPort })) } },
    }).ports.map(({ hostIp, publishedPort }) => [hostIp, publishedPort]);
  t.deepEqual(portsOf(['::', '2'], ['0.0.0.0', '1']), [['0.0.0.0', 1]]);
  t.deepEqual(portsOf(['::1', '2']), [['::1', 2]]);
});

test('a port that is exposed and not published, and labels that are not there', (t) => {
  const raw = rawContainer('spark', 'master');
  const bare = { ...raw, Config: { ...raw.Config, Labels: null }, NetworkSettings: { Ports: { '7077/tcp': null } } };
  t.deepEqual(parseContainer(bare).ports, []);
  t.deepEqual(parseContainer(bare).labels, {});
});
