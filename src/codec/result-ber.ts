// LDAPResult (RFC 4511 §4.1.9) and the responses that consist of one.

import type { LdapResult, Response, ResultType } from '../ldap/message.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { readOptionalText } from './extended-ber.ts';
import { ContextTag, OperationTag } from './ldap-tag.ts';
import { readTexts, writeTexts } from './search-ber.ts';

export type ResultResponse = Extract<Response, { type: ResultType }>;

const RESULT_CODE_MAX = 0x7fff;

/** Reads an LDAPResult with the tag of this response. Throws BerError. */
export function readResult(reader: BerReader, type: ResultType): ResultResponse {
  const outer = reader.enter(OperationTag[type]);
  const result = readLdapResult(reader);
  const response = readResultTail(reader, type, result);
  reader.leave(outer);
  return response;
}

function readResultTail(reader: BerReader, type: ResultType, result: LdapResult): ResultResponse {
  if (type === 'bindResponse') {
    const serverSaslCredentials = readOptionalText(reader, ContextTag.bindServerSaslCredentials);
    return { type, ...result, serverSaslCredentials };
  }
  if (type === 'extendedResponse') {
    const oid = readOptionalText(reader, ContextTag.extendedResponseName);
    const value = readOptionalText(reader, ContextTag.extendedResponseValue);
    return { type, ...result, oid, value };
  }
  return { type, ...result };
}

function readLdapResult(reader: BerReader): LdapResult {
  const code = reader.integer(0, RESULT_CODE_MAX, BerTag.enumerated);
  const matchedDn = reader.text();
  const diagnosticMessage = reader.text();
  const referrals =
    reader.peekTag() === ContextTag.referral ? readTexts(reader, ContextTag.referral) : undefined;
  return { code, matchedDn, diagnosticMessage, referrals };
}

/** Writes a response that consists of an LDAPResult. */
export function writeResult(writer: BerWriter, response: ResultResponse): void {
  const start = writer.begin(OperationTag[response.type]);
  writer.enumerated(response.code);
  writer.text(response.matchedDn);
  // An LDAPString is UTF-8, even where the message repeats a client's octets that are not.
  writer.text(response.diagnosticMessage.toWellFormed());
  if (response.referrals !== undefined) writeTexts(writer, response.referrals, ContextTag.referral);
  if (response.type === 'bindResponse' && response.serverSaslCredentials !== undefined) {
    writer.text(response.serverSaslCredentials, ContextTag.bindServerSaslCredentials);
  }
  if (response.type === 'extendedResponse') {
    if (response.oid !== undefined) writer.text(response.oid, ContextTag.extendedResponseName);
    if (response.value !== undefined) writer.text(response.value, ContextTag.extendedResponseValue);
  }
  writer.end(start);
}
