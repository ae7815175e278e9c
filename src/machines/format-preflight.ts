import type { Finding } from '../doctor/finding.ts';
import { formatBytes, formatSize } from '../units.ts';
import type { AddressChoice } from './choose-address.ts';
import type { MachineReading } from './facts.ts';
import type { ReachMatrix, ReachTry } from './reach.ts';

/** A table for `formatTable` of the command line. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A finding for people: three lines, the first with what it is about. */
export function formatFinding({ id, subject, problem, proof, fix, page }: Finding): string {
  return [`${id} ${subject}: ${problem}`, `       seen: ${proof}`, `       cure: ${fix}`, `       more: ${page}`].join(
    '\n',
  );
}

/** All of them, errors and warnings, with a line that counts them. */
export function formatFindings(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  if (findings.length === 0) return 'preflight: nothing stands in the way\n';
  const lines = [
    ...errors.map((finding) => `error   ${formatFinding(finding)}`),
    ...warnings.map((finding) => `warning ${formatFinding(finding)}`),
    `preflight: ${errors.length === 0 ? 'nothing stands in the way' : countOf(errors.length, 'error')}${warnings.length === 0 ? '' : `, ${countOf(warnings.length, 'warning')}`}`,
  ];
  return `${lines.join('\n')}\n`;
}

function countOf(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

/** What each machine is, one row each; `-` where it did not say. */
export function machineTable(readings: readonly MachineReading[], addresses: readonly AddressChoice[]): Table {
  return {
    head: ['machine', 'address', 'system', 'kernel', 'engine', 'swarm', 'memory', 'disk free', 'mtu', 'vxlan', 'ipvs'],
    rows: readings.map(({ name, system, engine }) => {
      const choice = addresses.find((candidate) => candidate.name === name);
      const memoryBytes = system?.memory?.totalBytes ?? engine?.memoryBytes;
      return [
        name,
        choice?.address ?? '-',
        system?.os.name || '-',
        system?.kernel || '-',
        engine ? `${engine.version} (${engine.storageDriver})` : '-',
        engine?.swarm.state ?? '-',
        memoryBytes === undefined ? '-' : formatSize(memoryBytes),
        system?.disk ? formatBytes(system.disk.freeBytes) : '-',
        choice?.address !== undefined && choice.mtu !== undefined ? String(choice.mtu) : '-',
        system?.vxlan ?? '-',
        system?.ipvs ?? '-',
      ];
    }),
  };
}

/** More columns than that do not fit a terminal. */
const WIDE = 8;

/** Who reaches whom, one row for each machine that tried; of many machines only the pairs with something in the way. */
export function reachTable({ machines, tries }: ReachMatrix): Table {
  const between = (from: string, to: string): readonly ReachTry[] =>
    tries.filter((one) => one.from === from && one.to === to);
  if (machines.length <= WIDE) {
    return {
      head: ['from', ...machines.map((name) => `to ${name}`)],
      rows: machines.map((from) => [from, ...machines.map((to) => (from === to ? '·' : cellOf(between(from, to))))]),
    };
  }
  const pairs = machines.flatMap((from) => machines.map((to) => [from, to, cellOf(between(from, to))] as const));
  return { head: ['from', 'to', 'reach'], rows: pairs.filter(([, , cell]) => cell.startsWith('NO')) };
}

/** `ok`; `tcp ok, udp unknown`; `NO 7946/tcp, 4789/udp`; `-` where nothing was tried. */
function cellOf(tries: readonly ReachTry[]): string {
  if (tries.length === 0) return '-';
  const filtered = tries.filter(({ answer }) => answer === 'filtered');
  if (filtered.length > 0) return `NO ${filtered.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')}`;
  const unknown = new Set(tries.filter(({ answer }) => answer === 'unknown').map(({ protocol }) => protocol));
  if (unknown.size === 0) return 'ok';
  if (unknown.size === 2) return 'unknown';
  return unknown.has('udp') ? 'tcp ok, udp unknown' : 'tcp unknown, udp ok';
}

/** The same as text, in columns. */
export function formatReach(matrix: ReachMatrix): string {
  const { head, rows } = reachTable(matrix);
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
