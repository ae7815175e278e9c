import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import type { Finding } from '../../../src/doctor/finding.ts';
import {
  findNodeProblems,
  NODE_PROBLEMS,
  noQuorumFinding,
  type ObservedNode,
} from '../../../src/swarm/node-findings.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { member } from '../../helpers/swarm-builders.ts';

const FACTS = { swarm: 'swarm', context: 'spark-swarm' };

function node(name: string, facts: Partial<ObservedNode> = {}): ObservedNode {
  return {
    ...member(`id-of-${name}-0000`, name, {
      address: '10.0.0.4',
      labels: {
        'io.spark-swarm.node.swarm': 'swarm',
        'io.spark-swarm.node.machine': `ssh/root@${name}:22`,
        'io.spark-swarm.node.engine': `ssh://root@${name}:22`,
      },
    }),
    engine: { isReachable: true, failure: '' },
    ...(facts.role === 'manager' ? { reachability: 'reachable' } : {}),
    ...facts,
  };
}

const M1 = node('a1', { role: 'manager' });

const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ id, severity, subject, problem }) => `${id} ${severity} ${subject}: ${problem}`);
const only = (findings: readonly Finding[]): Finding => {
  const [first, second] = findings;
  if (!first || second) throw new Error(`expected one finding, got ${lines(findings).join('; ')}`);
  return first;
};

test('a swarm in good order has no findings', (t) => {
  t.deepEqual(findNodeProblems([M1, node('a2')], FACTS), []);
});

test('a lost node is said, with since when and what to do', (t) => {
  t.deepEqual(
    only(findNodeProblems([M1, node('a2', { state: 'down', message: 'heartbeat failure', engine: undefined })], FACTS)),
    {
      id: 'SS-N01',
      severity: 'error',
      subject: 'node a2',
      problem: 'It is down: its tasks are started on other nodes, and what ran there may run on unseen',
      proof: 'state down since 2026-11-21T05:00:00Z: heartbeat failure',
      fix: 'start the machine (ssh/root@a2:22) or its docker; if it is lost: spark-swarm swarm leave a2 --context spark-swarm',
      page: 'docs/problems/nodes.md#ss-n01',
    },
  );
});

test('the entry that a machine left behind is a ghost, not a lost node', (t) => {
  const ghost = node('a2', { id: 'old-entry-of-a2', state: 'down', engine: undefined });
  const found = only(findNodeProblems([M1, node('a2'), ghost], FACTS));
  t.is(found.id, 'SS-N02');
  t.is(found.fix, 'docker --context spark-swarm node rm old-entry-of');
  const manager = only(
    findNodeProblems([M1, node('a2'), { ...ghost, role: 'manager' }], FACTS).filter(({ id }) => id === 'SS-N02'),
  );
  t.is(
    manager.fix,
    'docker --context spark-swarm node demote old-entry-of && docker --context spark-swarm node rm --force old-entry-of',
  );
});

test('two living nodes of one name are said at both', (t) => {
  const twin = node('a2', { id: 'twin-of-a2' });
  t.deepEqual(
    findNodeProblems([M1, node('a2'), twin], FACTS).map(({ id, subject }) => `${id} ${subject}`),
    ['SS-N03 node a2', 'SS-N03 node a2'],
  );
});

test('an engine that cannot be reached from here is said, and why', (t) => {
  const found = only(
    findNodeProblems([M1, node('a2', { engine: { isReachable: false, failure: 'Permission denied' } })], FACTS),
  );
  t.deepEqual(
    [found.id, found.severity, found.proof, found.fix],
    ['SS-N04', 'error', 'Permission denied', 'docker -H ssh://root@a2:22 info'],
  );
});

test('no majority is said with its arithmetic', (t) => {
  const found = noQuorumFinding(
    { managers: 3, answering: 1, silent: ['10.0.0.5:2377', '10.0.0.6:2377'] },
    'The swarm does not have a leader',
  );
  t.is(
    found.problem,
    'Its managers have no majority, so nothing can be changed: 2 of 3 managers must answer, 1 does; what runs goes on',
  );
  t.is(found.proof, 'The swarm does not have a leader; no answer from 10.0.0.5:2377, 10.0.0.6:2377');
});

test('two managers are a warning, one of three that is silent an error', (t) => {
  const two = [M1, node('a2', { role: 'manager' })];
  t.deepEqual(lines(findNodeProblems(two, FACTS)), [
    'SS-N06 warning the swarm: 2 managers bear the loss of no more of them than 1 does',
  ]);
  const silent = node('a3', { role: 'manager', reachability: 'unreachable' });
  const found = only(findNodeProblems([...two, silent], FACTS));
  t.deepEqual([found.id, found.proof], ['SS-N07', '2 of 3 managers must answer, 2 do']);
});

test('a join that did not come to its end, drained and paused nodes are warnings', (t) => {
  const joining = node('a2', { availability: 'drain' });
  const found = findNodeProblems(
    [
      M1,
      { ...joining, labels: { ...joining.labels, 'io.spark-swarm.node.joining': 'yes' } },
      node('a3', { availability: 'drain' }),
      node('a4', { availability: 'pause' }),
    ],
    FACTS,
  );
  t.deepEqual(lines(found), [
    'SS-N08 warning node a2: It has joined and gets no tasks yet: its join was not brought to its end',
    'SS-N09 warning node a3: It is drained: it gets no tasks',
    'SS-N09 warning node a4: It is paused: it gets no new tasks',
  ]);
});

test('managers that only manage are meant', (t) => {
  t.deepEqual(findNodeProblems([{ ...M1, availability: 'drain' }, node('a2')], FACTS), []);
  t.is(only(findNodeProblems([{ ...M1, availability: 'drain' }], FACTS)).id, 'SS-N09');
});

test('labels are missed only in a swarm of ours', (t) => {
  const bare = node('a2', { labels: {} });
  t.is(only(findNodeProblems([M1, bare], FACTS)).id, 'SS-N10');
  t.deepEqual(findNodeProblems([M1, bare], { swarm: undefined, context: undefined }), []);
});

test('engines of different major versions are a warning', (t) => {
  const found = only(findNodeProblems([M1, node('a2', { engineVersion: '20.10.24' })], FACTS));
  t.deepEqual([found.id, found.proof], ['SS-N11', 'a1 26.1.5, a2 20.10.24']);
});

test('every finding has a section in docs/problems/nodes.md', (t) => {
  const page = readFileSync(path.join(projectRoot, 'docs', 'problems', 'nodes.md'), 'utf8');
  for (const [id, title] of Object.entries(NODE_PROBLEMS)) t.true(page.includes(`## ${id} ${title}`), id);
});
