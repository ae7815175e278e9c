import type { ChalkInstance } from 'chalk';

import { CHECK_GROUPS, isNotKnown, type CheckGroup, type CheckState } from '../doctor/check.ts';
import { formatPair } from '../doctor/check-overlay.ts';
import type { DoctorReport } from '../doctor/doctor-report.ts';
import type { OverlayReport } from '../doctor/overlay.ts';
import type { DoctorFinding } from '../doctor/problems.ts';
import { findingLines } from './finding-lines.ts';

const GROUP_TITLES: Readonly<Record<CheckGroup, string>> = {
  machine: 'This machine',
  context: 'Its engine and contexts',
  swarm: 'The swarm',
  clusters: 'Clusters',
};

const MARKS: Readonly<Record<CheckState, string>> = { ok: '✓', note: 'i', warning: '!', error: '✗', skipped: '-' };

/** The check list: one short line for what is well, problem, proof, fix and page for what is not. */
export function formatDoctor(report: DoctorReport, colors: ChalkInstance): string {
  const width = Math.max(...report.checks.map(({ title }) => title.length)) + 2;
  const groups = CHECK_GROUPS.map((group) => {
    const checks = report.checks.filter((check) => check.group === group);
    const lines = checks.flatMap(({ id, state, title, detail }) => {
      const about = report.findings.filter(({ check }) => check === id);
      const first = detail ?? (about.length === 1 ? '' : `${about.length} findings`);
      const line = `  ${paint(colors, state)(MARKS[state])} ${title.padEnd(width)}${first}`.trimEnd();
      return [
        state === 'skipped' ? colors.dim(line) : line,
        ...about.flatMap((found) => findingLines(found, colors).map((text) => `      ${text}`)),
      ];
    });
    return checks.length === 0 ? '' : [colors.bold(GROUP_TITLES[group]), ...lines].join('\n');
  });
  const { pairs, notes } = report.overlay ?? { pairs: [], notes: [] };
  const matrix = [...(pairs.length === 0 ? [] : [formatMatrix(pairs)]), ...notes.map((note) => `note: ${note}`)].join(
    '\n',
  );
  return [...groups, matrix, summary(report, colors)].filter((part) => part !== '').join('\n\n');
}

function paint(colors: ChalkInstance, state: CheckState): ChalkInstance {
  if (state === 'error') return colors.red;
  if (state === 'warning') return colors.yellow;
  if (state === 'note') return colors.cyan;
  return state === 'ok' ? colors.green : colors.dim;
}

/** From the node of the row to that of the column. */
function formatMatrix(pairs: OverlayReport['pairs']): string {
  const nodes = [...new Set(pairs.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  const rows = [
    ['from / to', ...nodes],
    ...nodes.map((from) => [
      from,
      ...nodes.map((to) => {
        const pair = pairs.find((one) => one.from === from && one.to === to);
        return pair ? formatPair(pair) : '-';
      }),
    ]),
  ];
  // Not `formatTable`, which writes its head in capitals: these are names.
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
      .join('')
      .trimEnd(),
  );
  return ['Overlay, with the largest packet that came through:', ...lines].join('\n');
}

function summary({ healthy, findings, checks }: DoctorReport, colors: ChalkInstance): string {
  const count = (severity: DoctorFinding['severity'], one: string): readonly string[] => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [`${number} ${one}${number === 1 ? '' : 's'}`];
  };
  const unknown = checks.filter(isNotKnown).length;
  const counts = [
    ...count('error', 'error'),
    ...count('warning', 'warning'),
    ...count('note', 'note'),
    ...(unknown === 0 ? [] : [`${unknown} not known`]),
  ].join(', ');
  const verdict = healthy ? colors.green('Nothing stands in the way') : colors.red('Something stands in the way');
  return counts === '' ? `${verdict}.` : `${verdict}: ${counts}.`;
}
