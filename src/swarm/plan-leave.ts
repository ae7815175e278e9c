import { ConflictError, NotFoundError, UsageError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import type { ClusterOnSwarm } from './cluster-images.ts';
import type { FoundSwarm } from './find-swarm.ts';
import type { SwarmMember } from './members.ts';
import { majorityOf } from './quorum.ts';

/** Who leaves, and how. */
export interface LeavePlan {
  readonly name: string;
  /** True: nothing of the swarm is left. */
  readonly isWhole: boolean;
  /** Nodes that are up, workers first, the manager that we ask last; else the highest name first. */
  readonly leaving: readonly SwarmMember[];
  /** Entries of machines that do not answer any more. */
  readonly dead: readonly SwarmMember[];
  /** Nodes without a label of ours: they are not touched. */
  readonly foreign: readonly SwarmMember[];
}

/** What stands on a swarm, or on some of its nodes. */
export interface Occupants {
  readonly clusters: readonly ClusterOnSwarm[];
  /** Names of services that are not ours. */
  readonly otherServices: readonly string[];
}

export interface LeaveWish {
  /** Names of nodes, ids, or machines (`ssh/root@a:22`, `root@a:22`); none: the whole swarm. */
  readonly nodes: readonly string[];
  readonly force: boolean;
}

/**
 * @param askedId node id of the manager that is asked
 * @throws ConflictError for a swarm or a node that is not ours, and where too few managers would be left; NotFoundError
 */
export function planLeave(
  { nodes, force }: LeaveWish,
  { name, members, manager }: FoundSwarm,
  askedId: string,
): LeavePlan {
  if (name === undefined) {
    throw new ConflictError(`The swarm of ${manager.name} was not made by swarm create, and is left as it is`, {
      hint: 'a lab is taken down by: spark-swarm lab down; any other swarm by: docker swarm leave, on each node',
    });
  }
  const isOurs = ({ labels }: SwarmMember): boolean => labels[LABELS.nodeSwarm] === name;
  const wanted = nodes.length === 0 ? members : nodes.map((text) => findMember(text, members));
  const foreign = wanted.filter((member) => !isOurs(member));
  if (foreign.length > 0 && !force) {
    throw new ConflictError(
      `Cannot take the swarm "${name}" apart: ${foreign.map(({ hostname }) => hostname).join(', ')} ${foreign.length === 1 ? 'has' : 'have'} no label of ours`,
      {
        hint: 'swarm create with that machine too makes it ours; on the machine itself: docker swarm leave; --force leaves it behind',
      },
    );
  }
  const ours = [...new Set(wanted.filter(isOurs))];
  const leaving = ours
    .filter(({ state }) => state === 'ready')
    .toSorted((left, right) => rank(left, askedId) - rank(right, askedId) || compareNames(right, left));
  const dead = ours.filter(({ state }) => state !== 'ready');
  const isWhole = nodes.length === 0 || ours.length === members.length;
  if (!isWhole) refuseLossOfManagers(name, ours, members);
  return { name, isWhole, leaving, dead, foreign };
}

/** By number where names end with one. The highest leaves first: node ids, Docker's own order, are drawn by lot. */
function compareNames(left: SwarmMember, right: SwarmMember): number {
  return left.hostname.localeCompare(right.hostname, 'en', { numeric: true });
}

function rank({ id, role }: SwarmMember, askedId: string): number {
  if (id === askedId) return 2;
  return role === 'manager' ? 1 : 0;
}

function findMember(text: string, members: readonly SwarmMember[]): SwarmMember {
  const found = members.filter(
    ({ id, hostname, labels }) =>
      hostname === text ||
      (text.length >= 8 && id.startsWith(text)) ||
      labels[LABELS.nodeMachine] === text ||
      labels[LABELS.nodeMachine]?.split('/').slice(1).join('/') === text,
  );
  const [first, second] = found;
  if (!first) {
    throw new NotFoundError(
      `No node ${JSON.stringify(text)} in the swarm; there are ${members.map(({ hostname }) => hostname).join(', ')}`,
    );
  }
  if (!second) return first;
  throw new UsageError(
    `${JSON.stringify(text)} means several nodes: ${found.map(({ id }) => id).join(', ')}; expected one id`,
  );
}

function refuseLossOfManagers(name: string, leaving: readonly SwarmMember[], members: readonly SwarmMember[]): void {
  const managers = members.filter(({ role }) => role === 'manager');
  const staying = managers.filter((manager) => !leaving.includes(manager));
  if (staying.length === managers.length) return;
  const names = leaving.filter(({ role }) => role === 'manager').map(({ hostname }) => hostname);
  if (staying.length === 0) {
    throw new ConflictError(`Cannot take ${names.join(', ')} out of the swarm "${name}": no manager would be left`, {
      hint: 'swarm create with --managers 3 makes more of them; without a name, swarm leave takes the whole swarm apart',
    });
  }
  const answering = staying.filter(({ reachability }) => reachability === 'reachable').length;
  if (answering >= majorityOf(staying.length)) return;
  throw new ConflictError(
    `Cannot take ${names.join(', ')} out of the swarm "${name}": of the ${staying.length} managers that stay ${answering} ${answering === 1 ? 'answers' : 'answer'}, and ${majorityOf(staying.length)} must`,
    { hint: 'bring the others back first; swarm status shows them' },
  );
}

/** The question before something is lost; `undefined`: single nodes go on which nothing is. */
export function describeLoss(
  { name, isWhole, leaving, dead }: LeavePlan,
  { clusters, otherServices }: Occupants,
): string | undefined {
  const nodes = [...leaving, ...dead].map(({ hostname }) => hostname).join(', ');
  const names = [...clusters.map((cluster) => `the cluster "${cluster.name}"`), ...otherServices].join(', ');
  if (isWhole) return `Take the swarm "${name}" apart? ${nodes} leave it.${names === '' ? '' : ` It ends ${names}.`}`;
  return names === '' ? undefined : `Take ${nodes} out of the swarm "${name}"? What runs there of ${names} ends.`;
}

/** @throws ConflictError while something runs on what goes */
export function refuseOccupied(
  { name, isWhole, leaving }: LeavePlan,
  { clusters, otherServices }: Occupants,
  context: string | undefined,
): void {
  const place = isWhole ? `the swarm "${name}"` : leaving.map(({ hostname }) => hostname).join(', ');
  const at = context === undefined ? '' : ` --context ${context}`;
  if (clusters.length > 0) {
    const names = clusters.map((cluster) => `"${cluster.name}"`).join(', ');
    throw new ConflictError(
      `Cannot take ${place} ${isWhole ? 'apart' : 'out of the swarm'}: ${clusters.length === 1 ? `the cluster ${names} is` : `the clusters ${names} are`} on it`,
      {
        hint: isWhole
          ? `${clusters.map((cluster) => `spark-swarm remove --name ${cluster.name}${at}`).join(' && ')}, or --force`
          : `${clusters.map((cluster) => `spark-swarm cluster remove -n ${cluster.name} ${leaving.map(({ hostname }) => hostname).join(' ')}${at}`).join(' && ')} drains its workers first; --force does not`,
      },
    );
  }
  if (isWhole && otherServices.length > 0) {
    throw new ConflictError(
      `Cannot take ${place} apart: ${otherServices.length === 1 ? 'a service that is' : 'services that are'} not ours would go with it: ${otherServices.join(', ')}`,
      { hint: 'docker service rm, or --force' },
    );
  }
}
