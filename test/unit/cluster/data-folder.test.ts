import test from 'ava';

import { assertSharedFolder, planDataFolder, type FolderFacts } from '../../../src/cluster/data-folder.ts';
import { ConflictError, UsageError } from '../../../src/errors.ts';

type Person = Parameters<typeof planDataFolder>[1]['person'];

const ANNA: Person = { uid: 1000, gid: 100, groups: [33] };
const ROOT: Person = { uid: 0, gid: 0, groups: [] };
const folder = (uid: number, gid: number, mode: number): FolderFacts => ({ uid, gid, mode: 0o40000 | mode });
const plan = (person: Person, facts: FolderFacts | undefined, mayOpen = false): ReturnType<typeof planDataFolder> =>
  planDataFolder('/srv/data', { person, facts, mayOpen });

const rows: readonly (readonly [title: string, person: Person, facts: FolderFacts, user: string])[] = [
  ["a person's own folder", ANNA, folder(1000, 100, 0o755), '1000:100'],
  ["a person's own folder of another group", ANNA, folder(1000, 7, 0o700), '1000:100'],
  ["a folder of the person's group", ANNA, folder(7, 100, 0o770), '1000:100'],
  ['a folder of another of their groups', ANNA, folder(7, 33, 0o2770), '1000:33'],
  ['a folder that everybody may write to', ANNA, folder(7, 7, 0o1777), '1000:100'],
  ['a folder of another of their groups that everybody may write to', ANNA, folder(7, 33, 0o777), '1000:100'],
  ["a person's folder, for root", ROOT, folder(1000, 33, 0o755), '1000:33'],
  ["root's folder of a group that may write", ROOT, folder(0, 50, 0o2775), '185:50'],
  ["root's folder that everybody may write to", ROOT, folder(0, 0, 0o777), '185:0'],
];

for (const [title, person, facts, user] of rows) {
  test(`${title}: containers run as ${user}`, (t) => {
    t.deepEqual(plan(person, facts), {
      folder: { path: '/srv/data', here: '/srv/data', user },
      opensToGroup: false,
    });
  });
}

test('no container runs as root, whoever owns the folder', (t) => {
  for (const [, person, facts] of rows) t.notRegex(plan(person, facts).folder.user ?? '', /^0:/);
});

test("root's own folder is opened to its group, if it is the project's, and else left as it is", (t) => {
  const roots = folder(0, 0, 0o755);
  t.deepEqual(plan(ROOT, roots, true), {
    folder: { path: '/srv/data', here: '/srv/data', user: '185:0' },
    opensToGroup: true,
  });
  const error = t.throws(() => plan(ROOT, roots), { instanceOf: UsageError });
  t.is(error.message, '--data: got "/srv/data", which belongs to 0:0; expected a folder that its group may write to');
  t.is(error.hint, 'chmod g+ws /srv/data, or choose another folder');
});

test('a folder that is not there is refused, with the command that makes it', (t) => {
  const error = t.throws(() => plan(ANNA, undefined), { instanceOf: UsageError });
  t.is(error.message, '--data: got "/srv/data"; expected a folder that is there');
  t.is(error.hint, 'mkdir -p /srv/data');
});

const refused: readonly (readonly [title: string, person: Person, facts: FolderFacts, message: string])[] = [
  ['of another', ANNA, folder(7, 7, 0o755), 'belongs to 7:7; expected a folder that uid 1000 may write to'],
  [
    'that its owner may not write to',
    ANNA,
    folder(1000, 100, 0o575),
    'belongs to 1000:100; expected a folder that uid 1000 may write to',
  ],
  [
    'that one may write to and not enter',
    ANNA,
    folder(7, 7, 0o772),
    'belongs to 7:7; expected a folder that uid 1000 may write to',
  ],
  [
    'that its owner may not write to, for root',
    ROOT,
    folder(5, 5, 0o555),
    'belongs to 5:5; expected a folder that uid 5 may write to',
  ],
];

for (const [title, person, facts, message] of refused) {
  test(`a folder ${title} is refused, also if it is the project's`, (t) => {
    for (const mayOpen of [false, true]) {
      const error = t.throws(() => plan(person, facts, mayOpen), { instanceOf: UsageError });
      t.is(error.message, `--data: got "/srv/data", which ${message}`);
      t.is(error.hint, 'choose another folder with --data');
    }
  });
}

const shared = { path: '/srv/spark-data', here: '/srv/lab/data' };
const wanted = (path: string): Parameters<typeof assertSharedFolder>[0] => ({ path, here: path, user: undefined });

test("the folder that a lab's nodes share may be named by either of its paths, or not at all", (t) => {
  for (const data of [undefined, wanted('/srv/spark-data'), wanted('/srv/lab/data')]) {
    t.notThrows(() => assertSharedFolder(data, shared));
  }
});

test('another folder than the one the nodes share is a conflict, with the way to it', (t) => {
  const error = t.throws(() => assertSharedFolder(wanted('/srv/mine'), shared), { instanceOf: ConflictError });
  t.is(
    error.message,
    'Cannot use /srv/mine as /data: the nodes of this lab share /srv/lab/data, which was fixed when they were made',
  );
  t.is(error.hint, 'leave --data out, or: sbin/lab down && sbin/lab up --data /srv/mine');
  t.throws(() => assertSharedFolder(wanted('/srv/mine'), { ...shared, here: undefined }), {
    instanceOf: ConflictError,
    message:
      'Cannot use /srv/mine as /data: the nodes of this lab share /srv/spark-data, which was fixed when they were made',
  });
});
