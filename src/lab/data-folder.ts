import { CommandError, ConflictError, InvalidStateError, UsageError } from '../errors.ts';
import type { FolderFinding, LabMachine, LabTools } from './lab-machine.ts';
import { labCommand, nodeHostname } from './lab-names.ts';
import type { NodeContainer } from './lab-state.ts';
import { DATA_FOLDER_ON_NODE } from './node-container.ts';
import type { NodePlan } from './plan-lab.ts';

/**
 * The folder that the user named.
 *
 * @param field the flag
 * @throws UsageError if there is none at this path
 */
export async function checkAskedFolder(
  folder: string,
  field: string,
  machine: Pick<LabMachine, 'findFolder'>,
): Promise<string> {
  const found = await machine.findFolder(folder);
  if (found.kind === 'folder') return found.path;
  throw new UsageError(
    `${field}: got ${JSON.stringify(folder)}; expected an existing directory`,
    found.kind === 'missing' ? { hint: `mkdir -p ${shellWord(folder)}` } : {},
  );
}

/**
 * The folder for the nodes to share: the one they have, else the one asked for, else the default.
 *
 * @throws ConflictError if another one is asked for than they have: a running container keeps its mounts
 */
export function chooseDataFolder(
  lab: string,
  { asked, byDefault }: { readonly asked: string | undefined; readonly byDefault: string },
  containers: readonly NodeContainer[],
): string {
  const present = presentDataFolder(containers);
  if (asked === undefined || present === undefined || asked === present) return present ?? asked ?? byDefault;
  throw new ConflictError(`The nodes of the lab "${lab}" share ${present}, and --data asks for ${asked}`, {
    hint: `${renewal(lab, asked)}; images and swarm stay`,
  });
}

/** The folder that the lab's nodes share; undefined if there are none, or none that share one. */
export function presentDataFolder(containers: readonly NodeContainer[]): string | undefined {
  return containers.find(({ dataFolder }) => dataFolder !== undefined)?.dataFolder;
}

/**
 * The folder as it is now.
 *
 * @throws InvalidStateError if it is not there
 */
export async function readDataFolder(
  lab: string,
  folder: string,
  machine: Pick<LabMachine, 'findFolder'>,
): Promise<Extract<FolderFinding, { kind: 'folder' }>> {
  const found = await machine.findFolder(folder);
  if (found.kind === 'folder') return found;
  const seen = found.kind === 'missing' ? 'is not there' : 'is not a directory';
  throw new InvalidStateError(
    `Cannot bring the lab "${lab}" up: ${folder}, which its nodes share, ${seen}`,
    found.kind === 'missing' ? { hint: `mkdir -p ${shellWord(folder)}, then ${labCommand('up', lab)}` } : {},
  );
}

/**
 * Refuses to go on with running nodes from before there was a folder to share: to give them one ends what runs on them,
 * and that is the user's to decide.
 *
 * @param asked what the user typed, for the hint
 * @throws ConflictError naming them
 */
export function refuseNodesWithoutData(lab: string, plans: readonly NodePlan[], asked: string | undefined): void {
  const without = plans.filter(
    ({ action, container }) => action !== 'replace' && container !== undefined && container.dataFolder === undefined,
  );
  if (without.length === 0) return;
  const names = without.map(({ node }) => nodeHostname(lab, node)).join(', ');
  throw new ConflictError(`The lab "${lab}" was made before its nodes shared a folder; without one: ${names}`, {
    hint: `${renewal(lab, asked)}; images and swarm stay`,
  });
}

interface SeesFolderTools extends Pick<LabTools, 'shell' | 'outer'> {
  readonly signal: AbortSignal;
  /** A frozen node must not hold up the command for longer. */
  readonly limitMs: number;
}

/**
 * Whether a running node has the folder as it is now, and not one that was removed since and made again.
 * A node that does not answer counts as one that has it: something else is wrong with it, and said elsewhere.
 */
export async function seesFolder(
  { id: container, state, dataFolder }: NodeContainer,
  folderId: string,
  { shell, outer, signal, limitMs }: SeesFolderTools,
): Promise<boolean> {
  if (state !== 'running' || dataFolder === undefined) return true;
  const limit = AbortSignal.timeout(limitMs);
  try {
    const { stdout } = await shell.run(['docker', 'exec', container, 'stat', '--format=%d:%i', DATA_FOLDER_ON_NODE], {
      env: outer.dockerEnv,
      signal: AbortSignal.any([signal, limit]),
    });
    return stdout.trim() === folderId;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CommandError || limit.aborted) return true;
    throw error;
  }
}

function renewal(lab: string, asked: string | undefined): string {
  const flags = asked === undefined ? [] : [dataFlag(asked)];
  return `${labCommand('down', lab)}, then ${labCommand('up', lab, ...flags)}`;
}

/** The flag that asks for the folder, as a hint says it. */
export function dataFlag(folder: string): string {
  return `--data ${shellWord(folder)}`;
}

/** A path as it can be typed. */
function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
