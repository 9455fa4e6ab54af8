// The values of extended operations on other requests: end of a transaction (RFC 5805 §2.3), cancel (RFC 3909 §2.1).

import type { Control } from '../ldap/control.ts';
import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { ContextTag, MESSAGE_ID_MAX } from './ldap-tag.ts';
import { writeControl } from './message-controls.ts';

export interface EndTransaction {
  readonly isCommit: boolean;
  readonly id: string;
}

/** The message ID of the request at fault, or the response controls of each committed request (RFC 5805 §2.3). */
export interface TransactionResult {
  readonly failedMessageId: number | undefined;
  readonly controls: readonly { readonly messageId: number; readonly controls: readonly Control[] }[];
}

/** The UnboundID LDAP SDK repeats the tag that the identifier arrived with. */
const RESPONSE_VALUE = ContextTag.extendedResponseValue;

/** Reads a txnEndReq (RFC 5805 §2.3). Throws protocolError (2). */
export function readEndTransaction(value: string | undefined): EndTransaction {
  return readValue(value, 'the end of a transaction', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const isCommit = reader.peekTag() === BerTag.boolean ? reader.boolean() : true;
    const id = reader.text(reader.peekTag() === RESPONSE_VALUE ? RESPONSE_VALUE : BerTag.octetString);
    reader.leave(outer);
    return { isCommit, id };
  });
}

/** Writes a txnEndReq (RFC 5805 §2.3). */
export function writeEndTransaction({ isCommit, id }: EndTransaction): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    if (!isCommit) writer.boolean(false);
    writer.text(id);
    writer.end(start);
  });
}

/** Writes a txnEndRes (RFC 5805 §2.3). */
export function writeTransactionResult({ failedMessageId, controls }: TransactionResult): string {
  return writeValue((writer) => {
    const start = writer.begin(BerTag.sequence);
    if (failedMessageId !== undefined) writer.integer(failedMessageId);
    if (controls.length > 0) {
      const list = writer.begin(BerTag.sequence);
      for (const { messageId, controls: own } of controls) {
        const update = writer.begin(BerTag.sequence);
        writer.integer(messageId);
        const inner = writer.begin(BerTag.sequence);
        for (const control of own) writeControl(writer, control);
        writer.end(inner);
        writer.end(update);
      }
      writer.end(list);
    }
    writer.end(start);
  });
}

/** Reads the message ID of the request to cancel (RFC 3909 §2.1). Throws protocolError (2). */
export function readCancel(value: string | undefined): number {
  return readValue(value, 'cancel', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const id = reader.integer(0, MESSAGE_ID_MAX);
    reader.leave(outer);
    return id;
  });
}
