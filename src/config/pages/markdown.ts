// Markdown for the reference pages: escaped text, code, tables.

/** Notice on every page. */
export const NOTICE =
  '<!-- Written from the declarations in src/config/objects by "npm run generate": changes made here are lost. -->';

/** Escapes text for Markdown, also inside a table. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|]/g, '\\$&');
}

/** Formats a word as code, also inside a table. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Formats a table. Takes the header cells and the rows, as Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
