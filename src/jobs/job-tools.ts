import type { FileEnds } from './check-archive.ts';

/** What planning a job needs of this machine. */
export interface JobTools {
  /** Name of the cluster. */
  readonly cluster: string;
  /** `user@host`. */
  readonly createdBy: string;
  readonly now: () => Date;
  /** 12 hexadecimal digits. */
  readonly newId: () => string;
  /** Examples that the image holds: name → path. */
  readonly examples: Readonly<Record<string, string>>;
  /** How this machine resolves maven coordinates: a file. */
  readonly ivySettings?: string | undefined;
  /** Data sources: name → URL. */
  readonly dataSources: ReadonlyMap<string, string>;
  /** What a path of this machine leads to. */
  readonly look: (path: string) => 'file' | 'folder' | undefined;
  /** The path, absolute. */
  readonly resolve: (path: string) => string;
  /** @throws UsageError if the file cannot be read */
  readonly readText: (path: string) => Promise<string>;
  /** @throws UsageError if the file cannot be read */
  readonly readEnds: (path: string) => Promise<FileEnds>;
  /** sha256 of the content. @throws UsageError if the file cannot be read */
  readonly hash: (path: string) => Promise<string>;
}

/** A file in the job's own folder: one of this machine, or a text of ours, which only its owner may read. */
export type JobUpload =
  { readonly name: string; readonly path: string } | { readonly name: string; readonly text: string };
