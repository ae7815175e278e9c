import { judge, type Figure, type Mark, type Unit } from './figures.ts';

const HEAD = ['', 'figure', 'floor', 'pairs', 'ours', 'floor', 'ratio', 'mark', ''];

/** One line for each figure, and below them the notes. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(formatRow)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const notes = figures
    .filter(({ note }) => note !== undefined)
    .map(({ id, title, note }) => `${id} ${title}: ${note}`);
  return [...lines.map((line) => line.trimEnd()), ...(notes.length === 0 ? [] : ['', ...notes]), ''].join('\n');
}

function formatRow(figure: Figure): readonly string[] {
  const { value, floor, ratio, excess, isMet } = judge(figure);
  const marksExcess = figure.marks.some(({ kind }) => kind === 'excess');
  const relation = marksExcess && excess !== undefined ? `+${Math.round(excess)} ms` : (ratio?.toFixed(2) ?? '');
  return [
    figure.id,
    figure.title,
    figure.floorTitle,
    String(figure.samples.length),
    formatAmount(value, figure.unit),
    floor === undefined ? '' : formatAmount(floor, figure.unit),
    relation.replace('+-', '-'),
    figure.marks.map((mark) => formatMark(mark, figure.unit)).join(', '),
    isMet ? 'met' : 'MISSED',
  ];
}

function formatMark(mark: Mark, unit: Unit): string {
  switch (mark.kind) {
    case 'ratio':
      return `≤ ${mark.most.toFixed(2)}`;
    case 'excess':
      return `≤ +${mark.mostMs} ms`;
    case 'value':
      return `≤ ${formatAmount(mark.most, unit)}`;
    default:
      return mark satisfies never;
  }
}

function formatAmount(amount: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return amount < 10_000 ? `${Math.round(amount)} ms` : `${(amount / 1000).toFixed(1)} s`;
    case 'bytes':
      return amount < 100e6 ? `${(amount / 1e6).toFixed(2)} MB` : `${Math.round(amount / 1e6)} MB`;
    case 'count':
      return String(amount);
    default:
      return unit satisfies never;
  }
}
