// Problems found in files, for whoever reads them: people, GitHub's annotations, or a program that reads SARIF 2.1.0.

import { isAbsolute, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

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

/** Problems that must be corrected, and warnings, which need not be. */
export interface FileProblems {
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
}

/** How a file that is named by `$<file:…>` and is not there counts. */
export const MISSING_FILES = ['ignore', 'warn', 'error'] as const;

export const REPORT_FORMATS = ['text', 'github', 'sarif', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

type Level = 'error' | 'warning';

/** To stand before a sentence: `mail.ldif:17: `; empty for the whole file, which the sentence names. */
export function formatPlace({ file, line, column }: Pick<FileProblem, 'file' | 'line' | 'column'>): string {
  if (line === 0) return '';
  return column === undefined ? `${file}:${line}: ` : `${file}:${line}:${column}: `;
}

/** Formats problems and warnings in one of the formats that tools and people read. */
export function formatReport(found: FileProblems, format: Exclude<ReportFormat, 'json'>): string {
  const all = [
    ...found.problems.map((problem) => ({ problem, level: 'error' as const })),
    ...found.warnings.map((problem) => ({ problem, level: 'warning' as const })),
  ];
  switch (format) {
    case 'text':
      return all.map(({ problem, level }) => formatLine(problem, level)).join('');
    case 'github':
      return all.map(({ problem, level }) => formatAnnotation(problem, level)).join('');
    case 'sarif':
      return `${JSON.stringify(sarif(all), undefined, 2)}\n`;
  }
}

function formatLine(problem: FileProblem, level: Level): string {
  return `${formatPlace(problem)}${level === 'warning' ? 'warning: ' : ''}${problem.text}\n`;
}

/** A workflow command of GitHub Actions; these characters would end it or a part of it. */
function formatAnnotation({ file, line, column, text }: FileProblem, level: Level): string {
  const message = text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const path = file.replace(/%/g, '%25').replace(/:/g, '%3A').replace(/,/g, '%2C');
  const place = `${line === 0 ? '' : `,line=${line}`}${column === undefined ? '' : `,col=${column}`}`;
  return `::${level} file=${path}${place}::${message}\n`;
}

/** SARIF 2.1.0 (OASIS): one run with a result for each problem. */
function sarif(all: readonly { readonly problem: FileProblem; readonly level: Level }[]): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'confdit',
            rules: [...new Set(all.map(({ problem }) => problem.rule))].map((id) => ({ id })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: all.map(({ problem: { file, line, column, text, rule }, level }) => ({
          ruleId: rule,
          level,
          message: { text },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file) },
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

/** A path with blanks or letters outside ASCII is no URI reference (RFC 3986). */
function uriOf(file: string): string {
  return isAbsolute(file) ? pathToFileURL(file).href : file.split(sep).map(encodeURIComponent).join('/');
}
