import test from 'ava';

import { judgeCluster, judgePlacement } from '../../../src/explain/judge-cluster.ts';
import type { ClusterReading } from '../../../src/explain/reading.ts';
import { cluster, container, masterState, MIB, pending } from '../../helpers/builders.ts';
import { APP, daemon, reading, say, withDaemons } from '../../helpers/explain-readings.ts';

const with_ = (name: string, change: Parameters<typeof container>[1]): ClusterReading => {
  const containers = ['master', 'worker-1', 'worker-2'].map((one) => container(one, one === name ? change : {}));
  return reading({ cluster: cluster({ containers }) });
};
const failed = { isRunning: false, state: 'rejected' } as const;

test('a healthy cluster has no finding', (t) => {
  t.deepEqual(judgeCluster(reading()), []);
});

test('SS-J14: the image is missing on a node', (t) => {
  t.deepEqual(say(judgeCluster(with_('worker-1', { ...failed, error: 'No such image: spark-swarm:latest' }))), [
    'SS-J14 worker-1: is rejected: the image spark-swarm:latest is missing on node node-1 (rejected on node-1: No such image: spark-swarm:latest)',
  ]);
});

test("SS-J15: the scheduler's own reason", (t) => {
  const error = 'no suitable node (insufficient resources on 3 nodes)';
  const waiting = reading({ cluster: cluster({ containers: [container('master'), pending('worker-1', { error })] }) });
  t.deepEqual(say(judgeCluster(waiting)), [
    `SS-J15 worker-1: is pending: no suitable node: insufficient resources on 3 nodes (pending on no node yet: ${error})`,
  ]);
});

test('what Docker says of a disk and of a kill is told, too; a container that only starts has no finding', (t) => {
  t.deepEqual(judgePlacement('write /x: no space left on device'), ['SS-J16']);
  t.deepEqual(judgePlacement('task: non-zero exit (137)'), ['SS-J11']);
  t.deepEqual(judgeCluster(with_('worker-1', { isRunning: false, state: 'starting' })), []);
});

test('SS-J13: the master does not run, does not answer, recovers', (t) => {
  const { daemons } = reading();
  const ended = { isRunning: false, state: 'exited', error: 'exited with status 1', exitCode: 1 };
  const workers = daemons.filter(({ name }) => name !== 'master');
  t.deepEqual(say(judgeCluster({ ...with_('master', ended), master: undefined, daemons: workers })), [
    'SS-J13 master: does not run: nothing new is scheduled, and drivers in its container have ended with it (master is exited: exited ' +
      `with status 1; executors still run for ${APP})`,
  ]);
  t.deepEqual(say(judgeCluster(reading({ master: undefined, daemons: [] }))), [
    'SS-J13 master: runs and does not answer: nothing new is scheduled (no answer within 3 s from its page on port 8080, container ' +
      'running since 2026-11-20T23:36:12.712521607Z)',
  ]);
  const recovering = judgeCluster(reading({ master: masterState({ status: 'RECOVERING' }), daemons: [] }));
  t.deepEqual(
    recovering.map(({ id, severity }) => [id, severity]),
    [['SS-J13', 'warning']],
  );
});

test('SS-J16: a disk with less than 16 MiB, or without inodes', (t) => {
  const disk = { path: '/dev/shm', freeBytes: 3 * MIB, totalBytes: 64 * MIB, freeInodes: 900 };
  const empty = { path: '/data', freeBytes: 900 * MIB, totalBytes: 1000 * MIB, freeInodes: 0 };
  t.deepEqual(say(judgeCluster(withDaemons(daemon('worker-2', { disks: [disk, empty] })))), [
    'SS-J16 worker-2: has no room left in /dev/shm (free: 3 MiB of 64 MiB, 900 files more)',
    'SS-J16 worker-2: has no room left in /data (free: 900 MiB of 1000 MiB, 0 files more)',
  ]);
});

test('SS-J17: whom the master refuses, while he does not know it yet, and not when that is over', (t) => {
  const log =
    '26/11/21 09:17:23 ERROR TransportRequestHandler: Error while invoking RpcHandler#receive() on RPC id 85755 from /172.21.0.5:51506\n' +
    'java.lang.IllegalStateException: Expected SaslMessage, received something else (maybe your client does not have SASL enabled?)\n' +
    '\tat org.apache.spark.network.sasl.SaslMessage.decode(SaslMessage.java:70)\n';
  t.deepEqual(say(judgeCluster(withDaemons(daemon('master', { log: log + log })))), [
    'SS-J17 driver at 172.21.0.5: is refused by the master, because it has no secret (the master, 2 times in the last minute: ' +
      'Expected SaslMessage, received something else (maybe your client does not have SASL enabled?))',
  ]);
  t.deepEqual(judgeCluster(withDaemons(daemon('master', { log, clock: '26/11/21 09:18:24' }))), []);
});
