// Server side sorting (RFC 2891 §1): the keys in the request, the result in the answer.

import { LdapError } from '../ldap/ldap-error.ts';
import type { SortKey } from '../ldap/sort-key.ts';
import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { readOptionalText } from './extended-ber.ts';
import { ContextTag } from './ldap-tag.ts';

const KEYS_MAX = 16;

export interface SortResult {
  readonly code: number;
  /** The attribute that caused the error. */
  readonly attribute: string | undefined;
}

/** Reads a SortKeyList (RFC 2891 §1.1). Throws protocolError (2). */
export function readSortKeys(value: string | undefined): readonly SortKey[] {
  return readValue(value, 'the sort control', (reader) => {
    const keys: SortKey[] = [];
    const outer = reader.enter(BerTag.sequence);
    while (reader.hasMore) {
      const inner = reader.enter(BerTag.sequence);
      const attribute = reader.text();
      const rule = readOptionalText(reader, ContextTag.sortRule);
      const isReverse =
        reader.peekTag() === ContextTag.sortReverse ? reader.boolean(ContextTag.sortReverse) : false;
      reader.leave(inner);
      keys.push({ attribute, rule, isReverse });
      if (keys.length > KEYS_MAX) throw new LdapError('protocolError', `It has more than ${KEYS_MAX} keys.`);
    }
    reader.leave(outer);
    if (keys.length === 0) throw new LdapError('protocolError', 'It has no key.');
    return keys;
  });
}

/** Writes a SortResult (RFC 2891 §1.2). */
export function writeSortResult({ code, attribute }: SortResult): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.enumerated(code);
    if (attribute !== undefined) writer.text(attribute, ContextTag.sortAttribute);
    writer.end(start);
  });
}
