import { ConflictError, UsageError } from '../errors.ts';
import type { DataFolder } from './spec.ts';

/** Who starts a cluster, and shall own what it writes. */
export interface Person {
  readonly uid: number;
  readonly gid: number;
}

/** A folder of this machine. */
export interface FolderFacts {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, as `stat` gives them. */
  readonly mode: number;
  /** The process that asks may write there. */
  readonly isWritable: boolean;
}

export interface DataFolderPlan {
  readonly folder: DataFolder;
  /** True when its group must be allowed to write before the containers can. */
  readonly opensToGroup: boolean;
}

/** uid of `spark` in the image. */
const SPARK_UID = 185;
const GROUP_WRITE = 0o020;

/**
 * Whom the containers run as, so that what they write into the folder can be read, changed and removed by the person who
 * starts the cluster: as that person; for root as the folder's owner, or, in a folder of root's own, as the image's user in
 * the folder's group, never as root.
 *
 * @param facts `undefined` when there is no such folder
 * @throws UsageError if there is no such folder, or the person may not write there
 */
export function planDataFolder(path: string, person: Person, facts: FolderFacts | undefined): DataFolderPlan {
  if (!facts) {
    throw new UsageError(`--data: got ${JSON.stringify(path)}; expected a folder that is there`, {
      hint: `mkdir -p ${path}`,
    });
  }
  const asUser = (uid: number, gid: number): DataFolder => ({ path, here: path, user: `${uid}:${gid}` });
  if (person.uid !== 0) {
    if (facts.isWritable) return { folder: asUser(person.uid, person.gid), opensToGroup: false };
    throw new UsageError(
      `--data: got ${JSON.stringify(path)}, which belongs to uid ${facts.uid}; expected a folder that you (uid ${person.uid}) may write to`,
      { hint: 'choose another folder with --data' },
    );
  }
  if (facts.uid !== 0) return { folder: asUser(facts.uid, facts.gid), opensToGroup: false };
  return { folder: asUser(SPARK_UID, facts.gid), opensToGroup: (facts.mode & GROUP_WRITE) === 0 };
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
