// Several changes in one commit, as a client asks for them (RFC 5805).

import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { control, extendedRequest } from '../support/ber-bytes.ts';
import type { Answer, RawClient } from '../support/raw-client.ts';

/** Makes the changes together; the answer to the end of the transaction. */
export async function changeTogether(client: RawClient, ...changes: readonly Buffer[]): Promise<Answer> {
  const { value: id = '', ...begun } = await client.request(extendedRequest(Oid.startTransaction));
  if (begun.code !== 0) throw new Error(`The transaction was not begun: ${begun.text}`);
  for (const change of changes) {
    const { code, text } = await client.request(change, [control(Oid.transaction, true, id)]);
    if (code !== 0) throw new Error(`The transaction did not take a change: ${text}`);
  }
  const end = octetsFromText(writeEndTransaction({ isCommit: true, id }));
  return client.request(extendedRequest(Oid.endTransaction, end));
}
