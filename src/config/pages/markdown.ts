// Markdown for the pages of the reference: text that means itself, code, tables.

/** Stands on every page. */
export const NOTICE =
  '<!-- Written from the declarations in src/config/objects by "npm run generate": changes made here are lost. -->';

/** Text in which nothing is markup, inside a table too. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|]/g, '\\$&');
}

/** A word as code, inside a table too. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
