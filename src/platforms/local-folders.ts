import { planDataFolder, type DataFolderPlan, type FolderFacts, type Person } from '../cluster/data-folder.ts';
import type { ClusterSpec } from '../cluster/spec.ts';

/** Folders of this machine, and who asks for them. */
export interface LocalFolders {
  readonly person: Person;
  /** The project's `nfs/`. */
  readonly defaultFolder: string;
  /** @returns `undefined` when there is no such folder */
  read(path: string): Promise<FolderFacts | undefined>;
  openToGroup(path: string): Promise<void>;
}

/** The machine's own certificates, for containers that open connections through its proxy. */
export interface CaBundle {
  readonly text: string;
}

/**
 * The folder that becomes `/data` where the containers run on this machine.
 *
 * @throws UsageError if it is not there, or not the person's
 */
export async function planLocalFolder(
  { data }: Pick<ClusterSpec, 'data'>,
  folders: LocalFolders,
): Promise<DataFolderPlan> {
  if (data?.user !== undefined) return { folder: data, opensToGroup: false };
  const path = data?.path ?? folders.defaultFolder;
  const facts = await folders.read(path);
  return planDataFolder(path, { person: folders.person, facts, mayOpen: path === folders.defaultFolder });
}
