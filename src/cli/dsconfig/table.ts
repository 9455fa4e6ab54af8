// Tables as dsconfig writes them: columns with ` : ` between them for people, tabs for scripts.

import { visibleLine } from '../../ldap/visible-text.ts';

/** With headings and a rule; columns as wide as their widest cell. */
export function formatTable(headings: readonly string[], written: readonly (readonly string[])[]): string {
  const rows = written.map((row) => row.map(visibleLine));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join(' : ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('-:-');
  return `${[line(headings), rule, ...rows.map(line)].join('\n')}\n`;
}

/** One line a row, its cells apart by tabs, and nothing else. */
export function formatRows(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(escapeCell).join('\t')}\n`).join('');
}

/** A cell is a cell whatever is in it. */
function escapeCell(cell: string): string {
  return cell.replace(/[\t\r\n\\]/g, (character) => ESCAPES.get(character) ?? character);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\t', '\\t'],
  ['\r', '\\r'],
  ['\n', '\\n'],
  ['\\', '\\\\'],
]);
