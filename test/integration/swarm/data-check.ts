import test from 'ava';

import { LABELS } from '../../../src/labels.ts';
import { compareObjects, listObjects } from '../../helpers/docker-objects.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const FOLDER = '/srv/elsewhere';

export function dataCheckTests(): void {
  test.serial('on nodes that nobody has told about a shared folder, those that lack it are named', async (t) => {
    const lab = theLab();
    const cluster = theCluster('data');
    const [first, second, third] = lab.nodes;
    if (!first || !second || !third) throw new Error('three nodes are needed');
    const inNode = async (container: string, ...argv: readonly string[]): Promise<string> =>
      lab.outerDocker('exec', container, ...argv);
    const before = await listObjects(lab);
    const labels = JSON.parse(
      await lab.docker('node', 'inspect', '--format', '{{json .Spec.Labels}}', first.hostname),
    ) as Record<string, string>;
    const shared = [LABELS.nodeData, LABELS.nodeDataHere];
    for (const { hostname } of lab.nodes) {
      await lab.docker('node', 'update', ...shared.flatMap((label) => ['--label-rm', label]), hostname);
    }
    t.teardown(async () => {
      for (const { hostname, container } of lab.nodes) {
        const back = shared.flatMap((label) => ['--label-add', `${label}=${labels[label]}`]);
        await lab.docker('node', 'update', ...back, hostname);
        await inNode(container, 'rm', '-rf', FOLDER);
      }
    });
    await inNode(first.container, 'mkdir', '-m', '777', FOLDER);
    await inNode(second.container, 'mkdir', '-m', '755', FOLDER);

    const refused = await cluster.deploy('--data', FOLDER);
    t.is(refused.status, 1, refused.stderr);
    t.is(refused.stdout, '');
    t.true(
      refused.stderr.includes(
        `error: Cannot use ${FOLDER} as /data: it cannot be written to by uid 185 on ${second.hostname}; it is not there on ${third.hostname}\nhint: `,
      ),
      refused.stderr,
    );
    // The service that looked has gone; a swarm takes its containers away a little later.
    const looksAsBefore = async (): Promise<unknown> =>
      waitFor('nothing of the cluster to be left', {
        read: async () => compareObjects(before, await listObjects(lab)),
        until: ({ added, gone }) => added.length === 0 && gone.length === 0,
      });
    await t.notThrowsAsync(looksAsBefore);

    await inNode(second.container, 'chmod', '777', FOLDER);
    await inNode(third.container, 'mkdir', '-m', '777', FOLDER);
    const deployed = await cluster.deploy('--data', FOLDER);
    t.is(deployed.status, 0, deployed.stderr);
    for (const daemon of ['master', 'worker-1', 'worker-2']) await cluster.inside(daemon, `touch /data/${daemon}`);
    const seen = await Promise.all(lab.nodes.map(async ({ container }) => inNode(container, 'ls', FOLDER)));
    t.deepEqual(
      seen
        .join(' ')
        .split(/\s+/)
        .filter((name) => name !== '')
        .toSorted(),
      ['master', 'worker-1', 'worker-2'],
    );
    t.is((await cluster.remove('--volumes')).status, 0);
    await t.notThrowsAsync(looksAsBefore);
  });
}
