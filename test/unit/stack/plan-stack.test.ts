import test from 'ava';

import { ConflictError } from '../../../src/errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../../src/labels.ts';
import type { ComposeDocument } from '../../../src/compose/compose-document.ts';
import {
  assertNameIsFree,
  assertPortsAreFree,
  formatStackChange,
  networkMtu,
  planStack,
} from '../../../src/stack/plan-stack.ts';
import type { StackService } from '../../../src/stack/swarm-state.ts';
import { spec, stackService, swarmNode } from '../../helpers/builders.ts';

const document = (...names: readonly string[]): ComposeDocument => ({
  services: Object.fromEntries(
    names.map((name) => [
      name,
      { deploy: { replicas: name === 'worker' ? 2 : 1, labels: { [LABELS.hash]: `hash-${name}` } } },
    ]),
  ),
});

/** A service as an earlier deploy of that document left it. */
const deployed = (name: string, changes: Partial<StackService> = {}): StackService => {
  const service = stackService(name);
  return { ...service, labels: { ...service.labels, [LABELS.hash]: `hash-${name}` }, ...changes };
};
const foreign = (name: string, stack = 'other'): StackService =>
  stackService('x', { id: `id-${name}`, name, labels: stack === '' ? {} : { [STACK_NAMESPACE_LABEL]: stack } });

const rows: readonly (readonly [
  title: string,
  services: readonly StackService[],
  changes: readonly string[],
  names?: readonly string[],
])[] = [
  ['nothing there', [], ['create service spark_master', 'create service spark_worker']],
  ['everything as wanted', [deployed('master'), deployed('worker')], []],
  [
    'a service that has changed',
    [deployed('master'), stackService('worker')],
    ['update service spark_worker (its containers are replaced)'],
  ],
  [
    'another number of workers',
    [deployed('master'), deployed('worker', { replicas: 5 })],
    ['scale service spark_worker from 5 to 2'],
  ],
  [
    'the right number, held by a shrink that was cut short',
    [deployed('master'), deployed('worker', { labels: { ...deployed('worker').labels, [LABELS.held]: '[]' } })],
    ['scale service spark_worker from 2 to 2'],
  ],
  [
    'another number and another service',
    [deployed('master'), stackService('worker', { replicas: 1 })],
    ['update service spark_worker (its containers are replaced)', 'scale service spark_worker from 1 to 2'],
  ],
  ['a deploy that was cut short', [deployed('worker')], ['create service spark_master']],
  [
    'a service of ours that the file has no more',
    [deployed('master'), deployed('worker'), stackService('cache')],
    ['remove service spark_cache'],
  ],
  [
    'somebody else in a stack of the same name',
    [deployed('master'), deployed('worker'), foreign('spark_cache', 'spark')],
    [],
  ],
  ['services of other stacks', [deployed('master'), deployed('worker'), foreign('other_worker')], []],
  [
    'a stack deployed by hand, with roles alone',
    [
      stackService('master', { labels: { [STACK_NAMESPACE_LABEL]: 'spark', [LABELS.role]: 'master' } }),
      stackService('worker', { labels: { [STACK_NAMESPACE_LABEL]: 'spark', [LABELS.role]: 'worker' } }),
    ],
    [
      'update service spark_master (its containers are replaced)',
      'update service spark_worker (its containers are replaced)',
    ],
  ],
  ['a global service, which has no number', [deployed('master'), deployed('worker', { replicas: undefined })], []],
];

for (const [title, services, changes, names = ['master', 'worker']] of rows) {
  test(`${title}: ${changes.length === 0 ? 'nothing to do' : changes.join(', ')}`, (t) => {
    t.deepEqual(planStack(document(...names), 'spark', services).map(formatStackChange), changes);
  });
}

test('a secret to create is one line, too', (t) => {
  t.is(formatStackChange({ action: 'createSecret', name: 'spark_auth' }), 'create secret spark_auth');
});

test('a name is free where nobody has it, where it is ours, or a stack of our file deployed by hand', (t) => {
  const byHand = stackService('master', { labels: { [STACK_NAMESPACE_LABEL]: 'spark', [LABELS.role]: 'master' } });
  for (const services of [
    [],
    [deployed('master')],
    [byHand],
    [foreign('other_master')],
    [foreign('spark_masters', '')],
  ]) {
    t.notThrows(() => assertNameIsFree('spark', services));
  }
});

test('a name that somebody else has is a conflict, with the holder', (t) => {
  for (const [service, holder] of [
    [foreign('spark_web', 'spark'), 'spark_web'],
    [foreign('spark_master', ''), 'spark_master'],
    [foreign('spark_worker', 'other'), 'spark_worker'],
  ] as const) {
    const error = t.throws(() => assertNameIsFree('spark', [service]), { instanceOf: ConflictError });
    t.is(error.message, `Cannot deploy the cluster "spark": the service ${holder} is there and is not ours`);
    t.is(error.hint, 'choose another --name');
  }
});

const publishing = (service: StackService, port: number): StackService => ({
  ...service,
  ports: [{ targetPort: 80, publishedPort: port, mode: 'ingress' }],
});

test('a port that another service has is a conflict, with the flag and the way out', (t) => {
  const error = t.throws(() => assertPortsAreFree(spec(), [publishing(foreign('web'), 8080)]), {
    instanceOf: ConflictError,
  });
  t.is(error.message, 'Port 8080 (--port ui=8080) is taken by the service web');
  t.is(error.hint, '--port ui=0 takes a free one');
  t.is(error.exitCode, 5);
});

test("a cluster's own ports, free ones and none are no conflict", (t) => {
  t.notThrows(() =>
    assertPortsAreFree(spec(), [publishing(stackService('master'), 8080), publishing(foreign('web'), 80)]),
  );
  for (const ui of [0, 'none'] as const) {
    t.notThrows(() =>
      assertPortsAreFree(spec({ ports: { master: 'none', ui, jupyter: 'none', history: 'none' } }), [
        publishing(foreign('web'), 8080),
        foreign('x'),
      ]),
    );
  }
});

test('the network takes the smallest MTU that a node names', (t) => {
  const node = (mtu: string): ReturnType<typeof swarmNode> => swarmNode('n1', { labels: { [LABELS.nodeMtu]: mtu } });
  t.is(networkMtu([node('1500'), swarmNode('n2'), node('1400')]), 1400);
  t.is(networkMtu([swarmNode('n1'), node('x'), node('0')]), undefined);
});
