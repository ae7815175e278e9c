import type { Finding } from '../doctor/finding.ts';
import { LABELS } from '../labels.ts';
import type { SwarmMember } from './members.ts';
import { formatQuorum } from './quorum.ts';

/** What can be wrong with nodes, and the titles of the sections in `docs/problems/nodes.md`. */
export const NODE_PROBLEMS = {
  'SS-N01': 'A node is down',
  'SS-N02': 'An entry of a node that has joined anew',
  'SS-N03': 'Two nodes have one name',
  'SS-N04': "A node's engine cannot be reached",
  'SS-N05': 'The managers have no majority',
  'SS-N06': 'An even number of managers',
  'SS-N07': 'A manager does not answer',
  'SS-N08': 'A join was not brought to its end',
  'SS-N09': 'A node is drained or paused',
  'SS-N10': 'A node lacks labels of ours',
  'SS-N11': 'Engines of different versions',
} as const;

type NodeProblem = keyof typeof NODE_PROBLEMS;

/** A node as the manager lists it, and whether its engine can be reached from here. */
export interface ObservedNode extends SwarmMember {
  /** `undefined`: it was not asked. */
  readonly engine: { readonly isReachable: boolean; readonly failure: string } | undefined;
}

export interface NodeFacts {
  /** Name that `swarm create` gave the swarm; `undefined`: it is not ours, and labels are not missed. */
  readonly swarm: string | undefined;
  /** Docker context as commands in fixes name it. */
  readonly context: string | undefined;
}

/** What is wrong with the nodes of a swarm. The most severe first. */
export function findNodeProblems(nodes: readonly ObservedNode[], facts: NodeFacts): readonly Finding[] {
  const found = [
    ...findManagerProblems(nodes, facts),
    ...nodes.flatMap((node) => findOfNode(node, nodes, facts)),
    ...findVersionProblems(nodes),
  ];
  return [
    ...found.filter(({ severity }) => severity === 'error'),
    ...found.filter(({ severity }) => severity !== 'error'),
  ];
}

/**
 * The managers have no majority: then the swarm lists nobody, and this is all that can be said.
 *
 * @param proof Docker's words
 */
export function noQuorumFinding(
  {
    managers,
    answering,
    silent,
  }: { readonly managers: number; readonly answering: number; readonly silent: readonly string[] },
  proof: string,
): Finding {
  // An engine that has just lost the others does not say at once who they were.
  const sum = managers === 0 ? '' : `: ${formatQuorum(managers, answering)}`;
  const who = silent.length === 0 ? 'the managers that are down' : silent.join(', ');
  return finding('SS-N05', 'error', 'the swarm', {
    problem: `Its managers have no majority, so nothing can be changed${sum}; what runs goes on`,
    proof: `${proof}${silent.length === 0 ? '' : `; no answer from ${silent.join(', ')}`}`,
    fix: `start ${who}; if they are lost for ever, on a manager that is left: docker swarm init --force-new-cluster --advertise-addr ADDRESS`,
  });
}

function findOfNode(node: ObservedNode, nodes: readonly ObservedNode[], facts: NodeFacts): readonly Finding[] {
  const subject = `node ${node.hostname}`;
  const twin = nodes.find(
    (other) =>
      other.id !== node.id && other.hostname === node.hostname && (other.state === 'ready' || node.state !== 'ready'),
  );
  if (node.state !== 'ready') {
    if (twin && twin.state === 'ready') return [ghost(node, subject, facts)];
    return [isGone(node, subject, facts)];
  }
  return [
    ...(twin ? [sameName(node, twin, subject)] : []),
    ...(node.engine && !node.engine.isReachable ? [unreachableEngine(node, subject, node.engine.failure)] : []),
    ...findAvailability(node, subject, facts, nodes),
    ...findLabels(node, subject, facts),
  ];
}

function isGone(node: ObservedNode, subject: string, facts: NodeFacts): Finding {
  const isManager = node.role === 'manager';
  return finding('SS-N01', 'error', subject, {
    problem: `It is ${node.state}: its tasks are started on other nodes, and what ran there may run on unseen`,
    proof: `state ${node.state} since ${node.updatedAt.slice(0, 19)}Z${node.message ? `: ${node.message}` : ''}${isManager ? '; it is a manager' : ''}`,
    fix: `start the machine (${node.labels[LABELS.nodeMachine] ?? node.address}) or its docker; if it is lost: ${leaveCommand(node, facts)}`,
  });
}

function ghost(node: ObservedNode, subject: string, facts: NodeFacts): Finding {
  return finding('SS-N02', 'warning', subject, {
    problem: 'A stale entry: a node of the same name has joined anew',
    proof: `${node.id.slice(0, 12)} is ${node.state} since ${node.updatedAt.slice(0, 19)}Z`,
    fix: docker(
      facts,
      `node rm ${node.role === 'manager' ? `--force ` : ''}${node.id.slice(0, 12)}`,
      node.role === 'manager' ? node.id.slice(0, 12) : undefined,
    ),
  });
}

function sameName(node: ObservedNode, twin: ObservedNode, subject: string): Finding {
  return finding('SS-N03', 'warning', subject, {
    problem: 'Two nodes have this host name, so docker cannot tell them apart by it',
    proof: `${node.id.slice(0, 12)} at ${node.address}, ${twin.id.slice(0, 12)} at ${twin.address}`,
    fix: `give one of the machines another name (hostnamectl set-hostname NAME) and restart its docker`,
  });
}

function unreachableEngine(node: ObservedNode, subject: string, failure: string): Finding {
  const label = node.labels[LABELS.nodeEngine];
  return finding('SS-N04', 'error', subject, {
    problem: 'Its engine cannot be reached from here: images, logs and the stop of single workers need that',
    proof: failure,
    fix: label === undefined ? 'run swarm create with its machine again: it sets the label' : `docker -H ${label} info`,
  });
}

const MOST_MANAGERS = 5;

function findManagerProblems(nodes: readonly ObservedNode[], facts: NodeFacts): readonly Finding[] {
  const managers = nodes.filter(({ role }) => role === 'manager');
  const answering = managers.filter(({ reachability }) => reachability === 'reachable');
  const again = `--managers ${Math.min(MOST_MANAGERS, managers.length + 1 - (managers.length % 2))}`;
  const found: Finding[] = [];
  if (managers.length > 1 && managers.length % 2 === 0) {
    found.push(
      finding('SS-N06', 'warning', 'the swarm', {
        problem: `${managers.length} managers bear the loss of no more of them than ${managers.length - 1} ${managers.length === 2 ? 'does' : 'do'}`,
        proof: formatQuorum(managers.length, answering.length),
        fix: `have 1, 3 or 5: ${createCommand(facts, again)}`,
      }),
    );
  }
  if (managers.length > 1 && answering.length < managers.length) {
    const silent = managers.filter((manager) => !answering.includes(manager)).map(({ hostname }) => hostname);
    found.push(
      finding('SS-N07', 'error', 'the swarm', {
        problem: `${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer as manager${silent.length === 1 ? '' : 's'}`,
        proof: formatQuorum(managers.length, answering.length),
        fix: `start ${silent.join(', ')}, or replace: ${createCommand(facts, again)}`,
      }),
    );
  }
  return found;
}

function findAvailability(
  node: ObservedNode,
  subject: string,
  facts: NodeFacts,
  nodes: readonly ObservedNode[],
): readonly Finding[] {
  if (node.availability === 'active') return [];
  if (node.labels[LABELS.nodeJoining] !== undefined) {
    return [
      finding('SS-N08', 'warning', subject, {
        problem: 'It has joined and gets no tasks yet: its join was not brought to its end',
        proof: `availability ${node.availability}, label ${LABELS.nodeJoining}`,
        fix: `run the same swarm create or swarm join again`,
      }),
    ];
  }
  // Managers that only manage are what --drain-managers makes.
  const isMeant =
    node.role === 'manager' && node.availability === 'drain' && nodes.some(({ role }) => role === 'worker');
  if (isMeant) return [];
  return [
    finding('SS-N09', 'warning', subject, {
      problem: node.availability === 'drain' ? 'It is drained: it gets no tasks' : 'It is paused: it gets no new tasks',
      proof: `availability ${node.availability}`,
      fix: docker(facts, `node update --availability active ${node.hostname}`),
    }),
  ];
}

const NEEDED_LABELS = [LABELS.nodeSwarm, LABELS.nodeEngine, LABELS.nodeMachine] as const;

function findLabels(node: ObservedNode, subject: string, facts: NodeFacts): readonly Finding[] {
  if (facts.swarm === undefined) return [];
  const missing = NEEDED_LABELS.filter((label) => node.labels[label] === undefined);
  if (missing.length === 0) return [];
  const isForeign = missing.length === NEEDED_LABELS.length;
  return [
    finding('SS-N10', 'warning', subject, {
      problem: isForeign
        ? 'It has no label of ours: somebody joined it by hand, or its labels were lost'
        : 'It lacks labels by which its engine is found',
      proof: `no ${missing.join(', ')}`,
      fix: `${createCommand(facts)} with this machine too: it sets them`,
    }),
  ];
}

function findVersionProblems(nodes: readonly ObservedNode[]): readonly Finding[] {
  const majors = new Map<string, string[]>();
  for (const { hostname, engineVersion } of nodes.filter(({ state }) => state === 'ready')) {
    const major = engineVersion.split('.')[0] ?? '';
    majors.set(major, [...(majors.get(major) ?? []), `${hostname} ${engineVersion}`]);
  }
  if (majors.size < 2) return [];
  return [
    finding('SS-N11', 'warning', 'the swarm', {
      problem: 'Its nodes have engines of different major versions, which work together but are tested less',
      proof: [...majors.values()].flat().join(', '),
      fix: 'have the same one everywhere when you can',
    }),
  ];
}

function finding(
  id: NodeProblem,
  severity: Finding['severity'],
  subject: string,
  { problem, proof, fix }: Pick<Finding, 'problem' | 'proof' | 'fix'>,
): Finding {
  return { id, severity, subject, problem, proof, fix, page: `docs/problems/nodes.md#${id.toLowerCase()}` };
}

function docker({ context }: NodeFacts, words: string, demoted?: string): string {
  const program = context === undefined ? 'docker' : `docker --context ${context}`;
  return `${demoted === undefined ? '' : `${program} node demote ${demoted} && `}${program} ${words}`;
}

function createCommand({ swarm, context }: NodeFacts, ...words: readonly string[]): string {
  const name = swarm === undefined || context === 'spark-swarm' ? [] : [`--name ${swarm}`];
  return ['spark-swarm swarm create', ...name, '--hosts …', ...words].join(' ');
}

function leaveCommand({ hostname }: ObservedNode, { context }: NodeFacts): string {
  return `spark-swarm swarm leave ${hostname}${context === undefined ? '' : ` --context ${context}`}`;
}
