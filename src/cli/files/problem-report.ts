// Problems found in files, for whoever reads them: people, GitHub's annotations, or a program that reads SARIF 2.1.0.

export interface FileProblem {
  readonly file: string;
  /** Counted from 1; 0 for what is wrong with the file as a whole. */
  readonly line: number;
  /** Counted from 1, in characters; undefined where the line says enough. */
  readonly column: number | undefined;
  readonly text: string;
  /** The name of a result code, or of what is wrong with the file itself. */
  readonly rule: string;
}

export const REPORT_FORMATS = ['text', 'github', 'sarif'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** To stand before a sentence: `mail.ldif:17: `; empty for the whole file, which the sentence names. */
export function formatPlace({ file, line, column }: Pick<FileProblem, 'file' | 'line' | 'column'>): string {
  if (line === 0) return '';
  return column === undefined ? `${file}:${line}: ` : `${file}:${line}:${column}: `;
}

export function formatReport(problems: readonly FileProblem[], format: ReportFormat): string {
  switch (format) {
    case 'text':
      return problems.map((problem) => `${formatPlace(problem)}${problem.text}\n`).join('');
    case 'github':
      return problems.map(formatAnnotation).join('');
    case 'sarif':
      return `${JSON.stringify(sarif(problems), undefined, 2)}\n`;
  }
}

/** A workflow command of GitHub Actions; these characters would end it or a part of it. */
function formatAnnotation({ file, line, column, text }: FileProblem): string {
  const message = text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const path = file.replace(/%/g, '%25').replace(/:/g, '%3A').replace(/,/g, '%2C');
  const place = `${line === 0 ? '' : `,line=${line}`}${column === undefined ? '' : `,col=${column}`}`;
  return `::error file=${path}${place}::${message}\n`;
}

function sarif(problems: readonly FileProblem[]): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'confdit',
            rules: [...new Set(problems.map(({ rule }) => rule))].map((id) => ({ id })),
          },
        },
        results: problems.map(({ file, line, column, text, rule }) => ({
          ruleId: rule,
          level: 'error',
          message: { text },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: file },
                // A file that cannot be read has no region; columns that are undefined are left out by JSON.
                ...(line === 0 ? {} : { region: { startLine: line, startColumn: column } }),
              },
            },
          ],
        })),
      },
    ],
  };
}
