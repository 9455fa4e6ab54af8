// Problems found in files, for whoever reads them: people, GitHub's annotations, or a program that reads SARIF 2.1.0.

import { formatIssue, type Issue } from '../../ldap/issue.ts';

export interface FileProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** The name of a result code, or of what is wrong with the file itself. */
  readonly rule: string;
}

export const REPORT_FORMATS = ['text', 'github', 'sarif'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export function problemOfIssue(issue: Issue, file: string, line: number): FileProblem {
  return { file, line, text: formatIssue(issue), rule: issue.code };
}

export function formatReport(problems: readonly FileProblem[], format: ReportFormat): string {
  switch (format) {
    case 'text':
      return problems.map(({ file, line, text }) => `${file}:${line}: ${text}\n`).join('');
    case 'github':
      return problems.map(formatAnnotation).join('');
    case 'sarif':
      return `${JSON.stringify(sarif(problems), undefined, 2)}\n`;
  }
}

/** A workflow command of GitHub Actions; these characters would end it or a part of it. */
function formatAnnotation({ file, line, text }: FileProblem): string {
  const message = text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const path = file.replace(/%/g, '%25').replace(/:/g, '%3A').replace(/,/g, '%2C');
  return `::error file=${path},line=${line}::${message}\n`;
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
        results: problems.map(({ file, line, text, rule }) => ({
          ruleId: rule,
          level: 'error',
          message: { text },
          locations: [{ physicalLocation: { artifactLocation: { uri: file }, region: { startLine: line } } }],
        })),
      },
    ],
  };
}
