import test from 'ava';

import type { ClusterSpec } from '../../../../src/cluster/spec.ts';
import type { ComposeDocument } from '../../../../src/compose/compose-document.ts';
import { UsageError } from '../../../../src/errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../../../src/labels.ts';
import type { DeployPlan } from '../../../../src/platforms/platform.ts';
import { localFolders } from '../../../helpers/builders.ts';
import { DeployPlace } from '../../../helpers/containers-deploy.ts';
import { chownArgv } from '../../../helpers/chown-argv.ts';

const signal = new AbortController().signal;

test("/data is the project's folder, or the one that was named, as the person who asks", async (t) => {
  await using place = await DeployPlace.start();
  const mountOf = ({ document }: DeployPlan): unknown => {
    const { volumes, user } = (document as ComposeDocument).services['worker'] ?? {};
    return [volumes?.find(({ target }) => target === '/data'), user];
  };
  const bind = (source: string): object => ({ type: 'bind', source, target: '/data' });
  t.deepEqual(mountOf(await place.plan()), [bind('/srv/project/nfs'), '1000:1000']);
  const data = { path: '/srv/mine', here: '/srv/mine', user: undefined };
  t.deepEqual(mountOf(await place.plan({ data })), [bind('/srv/mine'), '1000:1000']);
});

test('a folder that is not there changes nothing', async (t) => {
  await using place = await DeployPlace.start({ folders: localFolders({ read: async () => undefined }) });
  const data = { path: '/srv/nope', here: '/srv/nope', user: undefined };
  await t.throwsAsync(place.plan({ data }), {
    instanceOf: UsageError,
    message: '--data: got "/srv/nope"; expected a folder that is there',
  });
  t.deepEqual(place.fake.engine.changes, []);
});

test("root's folder is opened to its group when the plan is applied, and not before", async (t) => {
  const opened: string[] = [];
  const folders = localFolders({
    person: { uid: 0, gid: 0, groups: [] },
    read: async () => ({ uid: 0, gid: 0, mode: 0o40755 }),
    openToGroup: async (place) => void opened.push(place),
  });
  await using place = await DeployPlace.start({ folders });
  const plan = await place.plan();
  t.is(plan.changes[0], 'let the group of /srv/project/nfs write there');
  t.deepEqual(opened, []);
  await plan.apply(() => {}, signal);
  t.deepEqual(opened, ['/srv/project/nfs']);
});

test('an engine on another machine binds the folder that is named there, else keeps a volume', async (t) => {
  await using place = await DeployPlace.start({ isLocal: false });
  const sourceOf = async (changes: Partial<ClusterSpec>): Promise<unknown> => {
    const { services } = (await place.plan(changes)).document as ComposeDocument;
    return services['worker']?.volumes?.find(({ target }) => target === '/data')?.source;
  };
  t.is(await sourceOf({}), 'data');
  t.is(await sourceOf({ data: { path: '/srv/there', here: '/srv/there', user: undefined } }), '/srv/there');
  const plan = await place.plan({ data: { path: '/srv/there', here: '/srv/there', user: undefined } });
  await plan.apply(() => {}, signal);
  const remembered = JSON.parse(place.fake.volumes.at(-1)?.Labels?.[LABELS.spec] ?? '') as { data: object };
  t.deepEqual(remembered.data, { path: '/srv/there' });
});

test('containers have the MTU of the engine’s own network', async (t) => {
  await using place = await DeployPlace.start();
  place.fake.bridgeMtu = '1400';
  const { networks } = (await place.plan()).document as ComposeDocument;
  t.deepEqual(networks?.['spark']?.driver_opts, { 'com.docker.network.driver.mtu': '1400' });
});

test('files of before are given to whom the containers run as from now on, before they start', async (t) => {
  await using place = await DeployPlace.start();
  await place.deploy();
  const labels = { [LABELS.cluster]: 'spark', [COMPOSE_PROJECT_LABEL]: 'spark' };
  place.fake.volume('spark-notebooks', { ...labels, [LABELS.role]: 'notebooks' });
  place.fake.volume('spark-recovery', { ...labels, [LABELS.role]: 'recovery' });
  place.fake.volume('spark-data', { ...labels, [LABELS.role]: 'data' });
  const made = place.fake.written.size;
  const data = { path: '/srv/project/nfs', here: '/srv/project/nfs', user: '7:8' };
  await place.deploy({ data });
  const bodies = [...place.fake.written.values()].slice(made).map(({ body }) => body);
  t.is(bodies.length, 2);
  t.like(bodies[1], {
    Image: 'sha256:aaaa',
    Entrypoint: chownArgv('7:8', ['/volumes/spark-notebooks', '/volumes/spark-recovery']),
    User: '0:0',
    Labels: { [LABELS.cluster]: 'spark', [LABELS.role]: 'secrets' },
  });
  await place.deploy({ data, workers: 3 });
  t.is(place.fake.written.size, made + 3);
});
