/**
 * The table that the benchmark prints, and the notes below it.
 */
import { type Row, ratioOf, type Sample } from './figures.ts';
import { formatMarks, marks } from './marks.ts';

const integerFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const textColumns = 2;

/** The whole table as text. `names` are the two servers, left and right. */
export function formatTable(rows: readonly Row[], names: readonly [string, string]): string {
  const [left, right] = names;
  const head = [
    'operation',
    'load',
    left,
    'min..max',
    right,
    'min..max',
    'ratio',
    'limit',
    'of limit',
    'busy*',
    'mark',
  ];
  const lines = [head, ...rows.map((row) => formatRow(row, left))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const formatted = lines.map((line) =>
    line.map((cell, column) => pad(cell, widths[column] ?? 0, column, head.length)),
  );
  formatted.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  return formatted.map((line) => line.join('  ').trimEnd()).join('\n');
}

function pad(cell: string, width: number, column: number, columns: number): string {
  return column < textColumns || column === columns - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function formatRow(row: Row, leftName: string): string[] {
  const ratio = ratioOf(row);
  const asked = leftName === 'confdit' ? (marks[`${row.operation}, ${row.load}`] ?? []) : [];
  return [
    row.operation,
    row.load,
    formatFigure(row.left.median, row.unit),
    formatRange(row.left, row.unit),
    row.right === undefined ? '' : formatFigure(row.right.median, row.unit),
    row.right === undefined ? '' : formatRange(row.right, row.unit),
    ratio === undefined ? '' : ratio.toFixed(2),
    row.limit === undefined ? '' : formatFigure(row.limit.median, row.unit),
    row.limit === undefined ? '' : formatPercent(row.left.median / row.limit.median),
    formatBusy(row),
    formatMarks(asked, row.left.median, ratio),
  ];
}

function formatRange({ min, max }: Sample, unit: Row['unit']): string {
  return `${formatFigure(min, 'ratio', unit)}..${formatFigure(max, 'ratio', unit)}`;
}

/** A figure with its unit, or bare when only `kind` says how precise it is. */
function formatFigure(value: number, unit: Row['unit'], kind: Row['unit'] = unit): string {
  const text = kind === 'ratio' ? value.toFixed(2) : integerFormat.format(value);
  return unit === 'ms' ? `${text} ms` : text;
}

/** `62:98 25:99`: the load generator's and the server's processor time in per cent of the elapsed time, left and right. */
function formatBusy(row: Row): string {
  const texts = samplesOf(row).map((sample) => formatPair(sample));
  return texts.every((text) => text === '') ? '' : texts.join('  ');
}

function samplesOf({ left, right }: Row): readonly Sample[] {
  return right === undefined ? [left] : [left, right];
}

function formatPair({ generatorBusy, serverBusy }: Sample): string {
  if (generatorBusy === undefined || serverBusy === undefined) return '';
  return `${percent(generatorBusy)}:${percent(serverBusy)}`;
}

function percent(share: number): string {
  return String(Math.round(share * 100));
}

function formatPercent(share: number): string {
  return `${percent(share)} %`;
}

/** What a reader needs to trust the table: what the columns mean, what the load generator cost, and where it was too slow. */
export function formatNotes(rows: readonly Row[], names: readonly [string, string]): string {
  const lines = [
    `Operations a second, the median of the rounds; "ratio" is ${names[0]} to ${names[1]}, above 1 is better.`,
    '"limit" is a bare Node socket loop that answers canned bytes, under the same load.',
    `* processor time of load generator : server in per cent of the elapsed time, with ${names[0]}, then with ${names[1]}.`,
    'A mark without a load of its own is held at 16 connections.',
  ];
  for (const { operation, limit, load } of rows) {
    if (operation !== 'base search' || limit?.generatorMicroseconds === undefined) continue;
    const cost = limit.generatorMicroseconds.toFixed(1);
    lines.push(
      `Canned loop, ${load}: the generator takes ${cost} µs an operation, busy ${formatPair(limit)}.`,
    );
  }
  for (const row of rows) {
    const slow = samplesOf(row).some(
      ({ generatorBusy = 0, serverBusy = 0 }) => generatorBusy > serverBusy && generatorBusy > 0.5,
    );
    if (slow)
      lines.push(
        `${row.operation}, ${row.load}: the load generator is busier than a server; read the figure as a floor.`,
      );
  }
  return lines.join('\n');
}

/** What a reader needs to trust the tables about clusters. */
export function formatClusterNotes(): string {
  return [
    'Three confdit servers on three members of etcd, two providers of slapd; all run on both cores, and each write is synced.',
    'A put is one commit of etcd with a value as long as the record of a modify. "seen everywhere" counts from the request until it is',
    'answered and each other server has sent the change to a client that follows it.',
    '* processor time of load generator : all servers, those of etcd included, in per cent of the elapsed time.',
  ].join('\n');
}
