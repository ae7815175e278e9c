import { findMaster, type ClusterContainer } from '../cluster/cluster.ts';
import { explainContainer } from '../cluster/problems.ts';
import type { Finding } from '../doctor/finding.ts';
import { deployWith } from './advice.ts';
import { shorten } from './evidence.ts';
import { mib } from './judge-texts.ts';
import { problemOf, riskOf } from './problems.ts';
import type { ClusterReading } from './reading.ts';

/** Less is as good as nothing: Spark's smallest shuffle file needs more. */
const FULL_BYTES = 16 * 1024 ** 2;

/** What is wrong around the applications: with the master, the containers, the disks, and whom the master refuses. */
export function judgeCluster(reading: ClusterReading): readonly Finding[] {
  return [
    ...judgeMaster(reading),
    ...reading.cluster.containers.flatMap((container) => judgeContainer(reading, container)),
    ...judgeDisks(reading),
    ...judgeRefusals(reading),
  ];
}

export function judgeMaster({ cluster, master, daemons }: ClusterReading): readonly Finding[] {
  if (master?.status === 'ALIVE') return [];
  const container = findMaster(cluster);
  const running = daemons.flatMap(({ executors }) => executors.filter(({ isRunning }) => isRunning));
  const left =
    running.length === 0
      ? ''
      : `; executors still run for ${[...new Set(running.map(({ applicationId }) => applicationId))].join(', ')}`;
  if (!container?.isRunning) {
    const why = container ? explainContainer(container) : undefined;
    return [
      problemOf('SS-J13', {
        subject: 'master',
        problem: 'does not run: nothing new is scheduled, and drivers in its container have ended with it',
        proof: `${why ? `master ${why.message}` : 'there is no container of the master'}${left}`,
        fix: deployWith(cluster, '').trim(),
      }),
    ];
  }
  if (master) {
    return [
      riskOf('SS-J13', {
        subject: 'master',
        problem: `is ${master.status}: it comes back, and goes on with what it knew`,
        proof: `its page says ${master.status}${left}`,
        fix: 'wait 15 s',
      }),
    ];
  }
  return [
    problemOf('SS-J13', {
      subject: 'master',
      problem: 'runs and does not answer: nothing new is scheduled',
      proof: `no answer within 3 s from its page on port 8080, container ${container.state} since ${container.since}${left}`,
      fix: `spark-swarm logs master --name ${cluster.name}`,
    }),
  ];
}

function judgeContainer({ cluster }: ClusterReading, container: ClusterContainer): readonly Finding[] {
  const { displayName: subject, isRunning, error, state, node } = container;
  if (isRunning || error === '') return [];
  const { message: problem, hint } = explainContainer(container);
  const proof = `${state} on ${node === '' ? 'no node yet' : node}: ${error}`;
  return judgePlacement(error).map((id) =>
    problemOf(id, { subject, problem, proof, fix: placementFix(cluster, id, error) ?? hint ?? '' }),
  );
}

/** What brings a container to a node. */
export function placementFix(cluster: ClusterReading['cluster'], id: string, words: string): string | undefined {
  if (id === 'SS-J14') return `${deployWith(cluster, '').trim()} brings it there`;
  if (id !== 'SS-J15' || words.includes('insufficient resources')) return undefined;
  return 'docker node ls shows which nodes are drained or down; docker node update --availability active NODE takes one back';
}

/** What Docker's words about a task mean. */
export function judgePlacement(words: string): readonly ('SS-J11' | 'SS-J14' | 'SS-J15' | 'SS-J16')[] {
  if (/no such image/i.test(words)) return ['SS-J14'];
  if (/no suitable node/.test(words)) return ['SS-J15'];
  if (/no space left on device/i.test(words)) return ['SS-J16'];
  return /non-zero exit \(137\)/.test(words) ? ['SS-J11'] : [];
}

function judgeDisks({ daemons }: ClusterReading): readonly Finding[] {
  return daemons.flatMap(({ name, disks }) =>
    disks
      .filter(({ freeBytes, freeInodes, totalBytes }) => totalBytes > 0 && (freeBytes < FULL_BYTES || freeInodes < 16))
      .map(({ path, freeBytes, totalBytes, freeInodes }) =>
        problemOf('SS-J16', {
          subject: name,
          problem: `has no room left in ${path}`,
          proof: `free: ${mib(freeBytes)} of ${mib(totalBytes)}, ${freeInodes} files more`,
          fix: 'docker system df on that node shows what takes it',
        }),
      ),
  );
}

const REFUSED = /^(\S+ [\d:]+) .*RPC id -?\d+ from \/?(\S+?):\d+\s*\n.*(Expected SaslMessage.*)/gm;
/** A driver knocks every 20 s, three times. */
const REFUSED_AGE_MS = 60_000;

/** Somebody knocks at the master without its secret; he is told so only after 60 s (design §6). */
export function judgeRefusals({ daemons, cluster }: ClusterReading): readonly Finding[] {
  const master = daemons.find(({ name }) => name === 'master');
  const now = parseClock(master?.clock ?? '');
  const found = [...(master?.log ?? '').matchAll(REFUSED)].filter(
    ([, at = '']) => now - parseClock(at) < REFUSED_AGE_MS,
  );
  const last = found.at(-1);
  if (!last) return [];
  const [, , address = '', words = ''] = last;
  const times = `${found.length} ${found.length === 1 ? 'time' : 'times'}`;
  return [
    problemOf('SS-J17', {
      subject: `driver at ${address}`,
      problem: 'is refused by the master, because it has no secret',
      proof: `the master, ${times} in the last minute: ${shorten(words)}`,
      fix: secretFix(cluster.name),
    }),
  ];
}

/** Only for differences: `26/11/21 09:17:23` in an unknown zone, in milliseconds; NaN for anything else. */
function parseClock(text: string): number {
  return Date.parse(`20${text.replaceAll('/', '-').replace(' ', 'T')}Z`);
}

export function secretFix(name: string): string {
  return `spark-swarm submit --name ${name} … runs it with the secret; a container of yours needs it as /run/secrets/spark-auth-secret`;
}
