import test from 'ava';

import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { waitForFinding } from './explain/stage.ts';

useLab(2);

test.serial('SS-J14: the image is missing on a node, which the finding names', async (t) => {
  const cluster = theCluster('spark');
  const deployed = await cluster.deploy(
    '--workers',
    '1',
    '--constraint',
    `node.hostname==${theLab().nodes[1]?.hostname}`,
  );
  t.is(deployed.status, 0, deployed.stderr);
  const { node, containerId } = await cluster.find('worker-1');
  const { image } = theLab();
  // While the container runs this only takes the name away: the next one is made as soon as it is gone.
  await node.api.delete(`/images/${image}`, { query: { force: true } });
  await node.api.delete(`/containers/${containerId}`, { query: { force: true, v: true } });
  const { subject, problem, proof, fix } = await waitForFinding(cluster, 'SS-J14');
  t.is(subject, 'worker-1');
  t.regex(problem, new RegExp(`^is \\w+: the image .* is missing on node ${node.hostname}`));
  t.regex(proof, new RegExp(`on ${node.hostname}: .*[Nn]o such image`));
  t.is(fix, `spark-swarm deploy --name ${cluster.name} brings it there`);
  // It brings the image; what it says of the tasks that had failed before is not asked here.
  await cluster.deploy();
  await cluster.waitUntilHealthy();
});

test.serial("SS-J15: no node takes a container, in the scheduler's own words", async (t) => {
  const cluster = theCluster('spark');
  const { node } = await cluster.find('worker-1');
  await theLab().docker('node', 'update', '--availability', 'drain', node.hostname);
  const { subject, proof, fix } = await waitForFinding(cluster, 'SS-J15');
  t.is(subject, 'worker-1');
  t.regex(proof, /no suitable node \(.*\)/);
  t.true(fix.includes('docker node update --availability active NODE'), fix);
  await theLab().docker('node', 'update', '--availability', 'active', node.hostname);
});
