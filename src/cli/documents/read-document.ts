// The forms that a text of entries may have, and how each is read.

import type { ReadDocument } from './document.ts';
import type { DocumentFormat } from './document-format.ts';
import { readLdifDocument } from './ldif-document.ts';
import { readJsonDocument, readYamlDocument } from './yaml-document.ts';

const BY_ENDING: ReadonlyMap<string, DocumentFormat> = new Map([
  ['yaml', 'yaml'],
  ['yml', 'yaml'],
  ['json', 'json'],
  ['ldif', 'ldif'],
]);
const READERS: Readonly<Record<DocumentFormat, (text: string) => ReadDocument>> = {
  ldif: readLdifDocument,
  yaml: readYamlDocument,
  json: readJsonDocument,
};

/** Returns the form of a file: what the ending of its name says, otherwise what its first line looks like. */
export function formatOf(file: string, text: string): DocumentFormat {
  const ending = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '';
  const known = BY_ENDING.get(ending);
  if (known !== undefined) return known;
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  if (/^\s*[[{]/.test(first)) return 'json';
  return /^(?:---|%YAML|- |kind:|name:)/.test(first) ? 'yaml' : 'ldif';
}

/** Of the files that are read when somebody names their folder. */
export const DOCUMENT_EXTENSIONS: readonly string[] = [...BY_ENDING.keys()].map((ending) => `.${ending}`);

/** Returns what a text holds. Never throws. */
export function readDocument(text: string, format: DocumentFormat): ReadDocument {
  return READERS[format](text);
}
