import { labCommand } from './lab-names.ts';
import { dataFlag } from './data-folder.ts';
import type { LabDown } from './down-lab.ts';
import { DATA_FOLDER_ON_NODE } from './node-container.ts';
import type { LabStatus } from './read-lab.ts';
import type { LabUp } from './up-lab.ts';

/** What `lab up` ends with. */
export function formatLabUp({ name, changed, nodes, subnet, contextName, data }: LabUp): string {
  const count = nodes === 1 ? '1 node' : `${nodes} nodes`;
  return [
    `lab        ${name}, ${count}, ${subnet}${changed ? '' : ' (was up already)'}`,
    `context    ${contextName}   (docker --context ${contextName} node ls)`,
    `data       ${data}   (${DATA_FOLDER_ON_NODE} on every node)`,
    '',
  ].join('\n');
}

/** What `lab down` ends with. */
export function formatLabDown({ name, removed, keptVolumes, data }: LabDown): string {
  const kept =
    keptVolumes.length === 0
      ? ''
      : `Kept ${keptVolumes.length === 1 ? '1 volume' : `${keptVolumes.length} volumes`}: ${keptVolumes.join(', ')} (${labCommand('down', name, '--volumes')} removes them)\n`;
  const folder =
    data === undefined ? '' : `Kept the folder ${data} (${labCommand('up', name, dataFlag(data))} shares it again)\n`;
  return `${removed ? `Removed the lab "${name}"` : `The lab "${name}" is not up: nothing to remove`}\n${kept}${folder}`;
}

export const LAB_TABLE_HEAD = ['node', 'container', 'address', 'role', 'swarm', 'engine', 'disk'] as const;

/** The rows of `lab status`, in the order of {@link LAB_TABLE_HEAD}. */
export function labTableRows({ nodes }: LabStatus): readonly (readonly string[])[] {
  return nodes.map((node) => [
    node.name,
    `${node.container} (${node.containerState})`,
    node.address ?? '-',
    node.role ?? '-',
    [node.swarmState ?? '-', ...(node.availability && node.availability !== 'active' ? [node.availability] : [])].join(
      ', ',
    ),
    node.engineVersion ?? '-',
    node.storageDriver ?? '-',
  ]);
}

/** The line below the table: the folder that the nodes share. */
export function formatLabData({ data }: LabStatus): string {
  return data === null ? '' : `\ndata: ${data} (${DATA_FOLDER_ON_NODE} on every node)\n`;
}

/** The lines below that: what is wrong, and what to type. */
export function formatLabProblems({ name, problems }: LabStatus): string {
  if (problems.length === 0) return '';
  return `\n${problems.map((problem) => `problem: ${problem}\n`).join('')}repair: ${labCommand('up', name)}\n`;
}
