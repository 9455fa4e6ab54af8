// Entries one after the other as a text of one form, with what stands between them: for exports of any size.

import type { Entry } from '../../ldap/entry.ts';
import type { Schema } from '../../schema/schema.ts';
import { formatLdifEntry } from '../files/format-ldif.ts';
import { NO_COMMENTS, type RecordComments } from './document.ts';
import type { DocumentFormat } from './document-format.ts';
import { formatJsonEntry, formatYamlEntry } from './format-objects.ts';
import { withLdifComments } from './ldif-comments.ts';

/** RFC 2849 asks for it. */
const LDIF_HEAD = 'version: 1\n';
const INDENTED = /^/gm;

export class EntryWriter {
  readonly #format: DocumentFormat;
  readonly #schema: Schema;
  readonly #head: () => string;
  #count = 0;

  /** @param head Returns comments that LDIF begins with; called with the first entry. */
  constructor(format: DocumentFormat, schema: Schema, head = () => '') {
    this.#head = head;
    this.#format = format;
    this.#schema = schema;
  }

  /** Returns the text of the next entry, with what parts it from the one before. JSON has no comments. */
  next(entry: Entry, comments: RecordComments = NO_COMMENTS): string {
    this.#count += 1;
    const isFirst = this.#count === 1;
    switch (this.#format) {
      case 'ldif':
        return `${isFirst ? LDIF_HEAD + this.#head() : ''}\n${withLdifComments(formatLdifEntry(entry, this.#schema), comments)}`;
      case 'yaml':
        return `${isFirst ? '' : '---\n'}${formatYamlEntry(entry, comments)}`;
      case 'json':
        return `${isFirst ? '[\n' : ',\n'}${formatJsonEntry(entry).replace(INDENTED, '  ')}`;
    }
  }

  /** Returns what ends the text. */
  end(): string {
    if (this.#format === 'ldif') return this.#count === 0 ? LDIF_HEAD : '';
    if (this.#format === 'yaml') return '';
    return this.#count === 0 ? '[]\n' : '\n]\n';
  }
}
