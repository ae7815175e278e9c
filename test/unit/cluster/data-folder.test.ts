import test from 'ava';

import { assertSharedFolder, planDataFolder, type FolderFacts } from '../../../src/cluster/data-folder.ts';
import { ConflictError, UsageError } from '../../../src/errors.ts';

const ANNA = { uid: 1000, gid: 100 };
const ROOT = { uid: 0, gid: 0 };
const folder = (changes: Partial<FolderFacts> = {}): FolderFacts => ({
  uid: 1000,
  gid: 100,
  mode: 0o40755,
  isWritable: true,
  ...changes,
});

const rows: readonly (readonly [
  title: string,
  person: typeof ANNA,
  facts: FolderFacts,
  user: string,
  opensToGroup: boolean,
])[] = [
  ["a person's own folder", ANNA, folder(), '1000:100', false],
  ['a folder of another that the person may write to', ANNA, folder({ uid: 7, gid: 7 }), '1000:100', false],
  ["a person's folder, for root", ROOT, folder({ gid: 33 }), '1000:33', false],
  ["root's folder, for root", ROOT, folder({ uid: 0, gid: 0 }), '185:0', true],
  ["root's folder of a group that may write", ROOT, folder({ uid: 0, gid: 50, mode: 0o42775 }), '185:50', false],
];

for (const [title, person, facts, user, opensToGroup] of rows) {
  test(`${title}: containers run as ${user}${opensToGroup ? ', and its group is let in' : ''}`, (t) => {
    t.deepEqual(planDataFolder('/srv/data', person, facts), {
      folder: { path: '/srv/data', here: '/srv/data', user },
      opensToGroup,
    });
  });
}

test('no container runs as root, whoever owns the folder', (t) => {
  for (const [, person, facts] of rows) t.notRegex(planDataFolder('/d', person, facts).folder.user ?? '', /^0:/);
});

test('a folder that is not there is refused, with the command that makes it', (t) => {
  const error = t.throws(() => planDataFolder('/srv/nope', ANNA, undefined), { instanceOf: UsageError });
  t.is(error.message, '--data: got "/srv/nope"; expected a folder that is there');
  t.is(error.hint, 'mkdir -p /srv/nope');
});

test('a folder that the person may not write to is refused', (t) => {
  const error = t.throws(() => planDataFolder('/srv/theirs', ANNA, folder({ uid: 7, isWritable: false })), {
    instanceOf: UsageError,
  });
  t.is(
    error.message,
    '--data: got "/srv/theirs", which belongs to uid 7; expected a folder that you (uid 1000) may write to',
  );
  t.is(error.hint, 'choose another folder with --data');
});

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
