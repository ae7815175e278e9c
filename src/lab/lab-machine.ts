import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import type { Shell } from '../adapters/shell/shell.ts';
import type { Report } from '../events.ts';
import type { Subnet } from './lab-network.ts';

/** The machine a lab stands on, as far as a lab needs it. Implemented in `adapters/labs/`. */
export interface LabMachine {
  /** Number of the user who runs us. */
  readonly userId: number;

  readFacts(): Promise<MachineFacts>;

  /** Makes the folder for a node's socket, if it is not there, and gives its path. */
  makeSocketFolder(lab: string, node: number): Promise<string>;

  /** Path of that folder, whether it is there or not. */
  socketFolder(lab: string, node: number): string;

  /** Whether the node's socket is there; says nothing about an engine behind it. */
  hasSocket(lab: string, node: number): Promise<boolean>;

  /** Nodes that have a socket folder: those the lab has, or had since it was last taken down. */
  listSocketFolders(lab: string): Promise<readonly number[]>;

  /** Removes the folders of all nodes of the lab. */
  removeSocketFolders(lab: string): Promise<void>;

  /**
   * Keeps two commands from changing one lab at once; a lock whose holder has died is taken over.
   * @throws ConflictError naming the holder's process
   */
  lock(lab: string): Promise<AsyncDisposable>;

  /** First 12 hexadecimal digits of the sha256 of all files in the folder, names included. */
  hashFolder(folder: string): Promise<string>;

  findFolder(folder: string): Promise<FolderFinding>;
}

/** What is at a path of this machine. */
export type FolderFinding =
  | {
      readonly kind: 'folder';
      /** Its path without symbolic links: what a link means may change while the nodes run. */
      readonly path: string;
      /** `device:inode`: a folder that was removed and made again is another one. */
      readonly id: string;
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-a-folder' };

export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  readonly hostname: string;
  readonly kernelRelease: string;
  /** MTU of the interface of the default route, bytes; 1500 without one. */
  readonly mtu: number;
  /** What the machine's routes reach, the default route left out. */
  readonly routedSubnets: readonly Subnet[];
  /** Group of the user who runs us: the nodes' sockets are made usable by it. */
  readonly groupId: number;
  /** Where a node finds kernel modules to load; undefined when the machine has none. */
  readonly modulesFolder: string | undefined;
}

/** Everything a lab is made and read with. */
export interface LabTools {
  /** The engine the nodes run in. */
  readonly outer: EngineTarget;
  readonly shell: Shell;
  readonly machine: LabMachine;
  /** Engine of the node whose socket is at this path. */
  openNode(socketPath: string, name: string): EngineApi;
  /** Folder of the node image's Dockerfile. */
  readonly nodeImageFolder: string;
  /** Folder for the nodes to share where no other is asked for. */
  readonly defaultDataFolder: string;
}

export interface LabRun {
  readonly report: Report;
  readonly signal: AbortSignal;
}
