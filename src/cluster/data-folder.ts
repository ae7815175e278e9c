import { ConflictError, UsageError } from '../errors.ts';
import type { DataFolder } from './spec.ts';

/** Who starts a cluster, and shall own what it writes. */
export interface Person {
  readonly uid: number;
  readonly gid: number;
  /** Other groups that the person is in. */
  readonly groups: readonly number[];
}

/** A folder of this machine. */
export interface FolderFacts {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, as `stat` gives them. */
  readonly mode: number;
}

export interface DataFolderPlan {
  readonly folder: DataFolder;
  /** True when its group must be allowed to write before the containers can. */
  readonly opensToGroup: boolean;
}

/** uid of `spark` in the image. */
const SPARK_UID = 185;
/** To write in a folder takes the right to enter it. */
const OWNER_WRITES = 0o300;
const GROUP_WRITES = 0o030;
const OTHERS_WRITE = 0o003;

/**
 * Whom the containers run as, so that what they write into the folder can be read, changed and removed by the person who
 * starts the cluster: as that person; for root as the folder's owner, or, in a folder of root's own, as the image's user in
 * the folder's group, never as root.
 *
 * @param facts `undefined` when there is no such folder
 * @param mayOpen its group may be given the right to write: true for a folder of the project's own
 * @throws UsageError if there is no such folder, or the containers could not write there
 */
export function planDataFolder(
  path: string,
  {
    person,
    facts,
    mayOpen,
  }: { readonly person: Person; readonly facts: FolderFacts | undefined; readonly mayOpen: boolean },
): DataFolderPlan {
  if (!facts) {
    throw new UsageError(`--data: got ${JSON.stringify(path)}; expected a folder that is there`, {
      hint: `mkdir -p ${path}`,
    });
  }
  const { uid, gid } = chooseUser(person, facts);
  const folder = { path, here: path, user: `${uid}:${gid}` };
  if (canWrite(uid, gid, facts)) return { folder, opensToGroup: false };
  if (person.uid === 0 && facts.uid === 0 && mayOpen) return { folder, opensToGroup: true };
  const isRoots = person.uid === 0 && facts.uid === 0;
  throw new UsageError(
    `--data: got ${JSON.stringify(path)}, which belongs to ${facts.uid}:${facts.gid}; expected a folder that ${isRoots ? 'its group' : `uid ${uid}`} may write to`,
    { hint: isRoots ? `chmod g+ws ${path}, or choose another folder` : 'choose another folder with --data' },
  );
}

function chooseUser({ uid, gid, groups }: Person, facts: FolderFacts): { readonly uid: number; readonly gid: number } {
  if (uid === 0) return facts.uid === 0 ? { uid: SPARK_UID, gid: facts.gid } : { uid: facts.uid, gid: facts.gid };
  const needsGroup = !canWrite(uid, gid, facts) && groups.includes(facts.gid);
  return { uid, gid: needsGroup ? facts.gid : gid };
}

/** As the kernel decides: the owner's bits for the owner, the group's for its group, and only then the others'. */
function canWrite(uid: number, gid: number, facts: FolderFacts): boolean {
  const needed = uid === facts.uid ? OWNER_WRITES : gid === facts.gid ? GROUP_WRITES : OTHERS_WRITE;
  return (facts.mode & needed) === needed;
}

/** Folder that a lab's nodes share: its path on the nodes, and here. */
export interface SharedFolder {
  readonly path: string;
  readonly here: string | undefined;
}

/**
 * @throws ConflictError if another folder is asked for than the one that the nodes have been given
 */
export function assertSharedFolder(wanted: DataFolder | undefined, shared: SharedFolder): void {
  if (!wanted || wanted.path === shared.path || wanted.path === shared.here) return;
  throw new ConflictError(
    `Cannot use ${wanted.path} as /data: the nodes of this lab share ${shared.here ?? shared.path}, which was fixed when they were made`,
    { hint: `leave --data out, or: sbin/lab down && sbin/lab up --data ${wanted.path}` },
  );
}
