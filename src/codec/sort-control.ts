// Server side sorting (RFC 2891 §1): the keys in the request, how it went in the answer.

import { LdapError } from '../ldap/ldap-error.ts';
import type { SortKey } from '../ldap/sort-key.ts';
import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { readOptionalText } from './extended-ber.ts';
import { ContextTag } from './ldap-tag.ts';

const KEYS_MAX = 16;

export interface SortResult {
  readonly code: number;
  /** Which attribute is to blame. */
  readonly attribute: string | undefined;
}

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

export function writeSortResult({ code, attribute }: SortResult): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    writer.enumerated(code);
    if (attribute !== undefined) writer.text(attribute, ContextTag.sortAttribute);
    writer.end(start);
  });
}
