// Simple paged results (RFC 2696 §2): the same value in a request and in the answer.

import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { MESSAGE_ID_MAX } from './ldap-tag.ts';

export interface PagedResults {
  /** In a request, the page size; in an answer, the estimated total, 0 if unknown. */
  readonly size: number;
  /** Empty in the first request and in the last answer. */
  readonly cookie: string;
}

/** Reads a realSearchControlValue. Throws protocolError (2). */
export function readPagedResults(value: string | undefined): PagedResults {
  return readValue(value, 'the paged results control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const size = reader.integer(0, MESSAGE_ID_MAX);
    const cookie = reader.text();
    reader.leave(outer);
    return { size, cookie };
  });
}

/** Writes a realSearchControlValue. */
export function writePagedResults({ size, cookie }: PagedResults): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.integer(size);
    writer.text(cookie);
    writer.end(start);
  });
}
