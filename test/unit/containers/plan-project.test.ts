import test from 'ava';

import type { ComposeDocument } from '../../../src/compose/compose-document.ts';
import { parseContainer } from '../../../src/adapters/engine/parse-container.ts';
import type { EngineContainer } from '../../../src/containers/engine-container.ts';
import { assertProjectIsFree, formatProjectChange, planProject } from '../../../src/containers/plan-project.ts';
import { ConflictError } from '../../../src/errors.ts';
import { COMPOSE_SERVICE_LABEL, LABELS } from '../../../src/labels.ts';
import { rawContainer } from '../../helpers/fake-containers.ts';

const document = (...keys: readonly string[]): ComposeDocument => ({
  services: Object.fromEntries(
    keys.map((key) => [
      key,
      { labels: { [LABELS.hash]: `hash-${key}` }, deploy: { replicas: key === 'worker' ? 2 : 1 } },
    ]),
  ),
});

/** A container as an earlier `start` of that document left it. */
const there = (name: string, changes: Parameters<typeof rawContainer>[2] = {}, cluster = 'spark'): EngineContainer => {
  const labels = { [LABELS.hash]: `hash-${name.split('-')[0]}`, ...changes.labels };
  return parseContainer(rawContainer(cluster, name, { ...changes, labels }));
};
const ALL = [there('master'), there('worker-1'), there('worker-2')];
const old = { labels: { [LABELS.hash]: 'old' } };
const stranger = parseContainer(rawContainer('spark', 'web', { labels: { [LABELS.cluster]: 'web' } }));

const rows: readonly (readonly [
  title: string,
  containers: readonly EngineContainer[],
  changes: readonly string[],
  keys?: readonly string[],
])[] = [
  ['nothing there', [], ['create spark-master', 'create spark-worker']],
  ['everything as wanted', ALL, []],
  ['another image or size', [there('master', old), ...ALL.slice(1)], ['replace spark-master']],
  ['one worker of before', [ALL[0]!, ALL[1]!, there('worker-2', old)], ['replace spark-worker']],
  ['a worker that is gone', ALL.slice(0, 2), ['scale spark-worker from 1 to 2']],
  ['a worker too many', [...ALL, there('worker-3')], ['scale spark-worker from 3 to 2']],
  ['no worker', ALL.slice(0, 1), ['create spark-worker']],
  ['a master that was stopped', [there('master', { Status: 'exited' }), ...ALL.slice(1)], ['start spark-master']],
  [
    'a master that was never started',
    [there('master', { Status: 'created' }), ...ALL.slice(1)],
    ['start spark-master'],
  ],
  ['a worker that is frozen', [ALL[0]!, ALL[1]!, there('worker-2', { Status: 'paused' })], ['start spark-worker']],
  ['one that is being restarted', [there('master', { Status: 'restarting' }), ...ALL.slice(1)], []],
  [
    'stopped and of before, and one too many',
    [ALL[0]!, there('worker-1', { ...old, Status: 'exited' }), ALL[2]!, there('worker-3')],
    ['replace spark-worker', 'scale spark-worker from 3 to 2'],
  ],
  ['a notebook that nobody wants any more', [...ALL, there('notebook')], ['remove spark-notebook']],
  ['a notebook that is wanted', ALL, ['create spark-notebook'], ['master', 'worker', 'notebook']],
  ["another cluster's containers", [...ALL, there('notebook', {}, 'other')], []],
  ["somebody else's container in the project", [...ALL, stranger], []],
];

for (const [title, containers, changes, keys = ['master', 'worker']] of rows) {
  test(`${title}: ${changes.length === 0 ? 'nothing to do' : changes.join(', ')}`, (t) => {
    t.deepEqual(planProject(document(...keys), 'spark', containers).map(formatProjectChange), changes);
  });
}

test('all containers of services that are no more wanted go by their ids', (t) => {
  const surplus = [there('notebook'), there('cache-1'), there('cache-2')];
  t.deepEqual(planProject(document('master', 'worker'), 'spark', [...ALL, ...surplus]), [
    { action: 'removeContainers', name: 'spark-notebook, spark-cache', ids: surplus.map(({ id }) => id) },
  ]);
});

test('what somebody has started by hand is not removed, whatever the file says', (t) => {
  const byHand = [...ALL, there('cache')].map((each) => {
    const { [LABELS.cluster]: _, ...labels } = each.labels;
    return { ...each, labels };
  });
  t.deepEqual(planProject(document('master', 'worker'), 'spark', byHand), []);
});

test('a project of this name that is not ours is a conflict', (t) => {
  const { [LABELS.role]: _, [LABELS.cluster]: __, ...labels } = there('web').labels;
  const theirs = { ...there('web'), name: 'spark-web-1', labels };
  const error = t.throws(() => assertProjectIsFree('spark', [theirs]), { instanceOf: ConflictError });
  t.is(
    error.message,
    'Cannot start the cluster "spark": the container spark-web-1 of a Compose project of this name is there and is not ours',
  );
  t.is(error.hint, 'choose another --name');
  t.notThrows(() => assertProjectIsFree('spark', [theirs, ...ALL]));
  t.notThrows(() => assertProjectIsFree('other', [theirs]));
  t.notThrows(() => assertProjectIsFree('spark', []));
  t.is(theirs.labels[COMPOSE_SERVICE_LABEL], 'web');
});
