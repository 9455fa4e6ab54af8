// Why a connection to a member fails, in words: to be read after a colon, without a full stop.

import { errorCode, reasonOf } from '../files/file-error.ts';

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['ECONNREFUSED', 'nothing listens on that port'],
  ['ECONNRESET', 'the connection was lost'],
  ['EPIPE', 'the connection was lost'],
  ['ENOTFOUND', 'its host name is not known'],
  ['EAI_AGAIN', 'its host name cannot be looked up now'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to it'],
  ['EPROTO', 'it does not speak TLS; its URL may have to begin with http:'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS; its URL may have to begin with http:'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS; its URL may have to begin with http:'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it asks for a certificate of this server'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'it asks for another certificate of this server'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'it asks for another certificate of this server'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'it does not trust the authority of the certificate of this server'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not yet valid'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the authority of its certificate is not trusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed, and it is not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the authority of its certificate is not trusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the authority of its certificate is not trusted'],
  ['ERR_HTTP2_ERROR', 'it does not speak HTTP/2; its URL may have to begin with https:'],
  ['ERR_HTTP2_STREAM_ERROR', 'it ended the request'],
  ['ERR_HTTP2_SESSION_ERROR', 'it ended the connection'],
]);

/** Returns the reason of an error of a socket, of TLS or of HTTP/2. */
export function connectionReason(error: unknown): string {
  return REASONS.get(errorCode(error)) ?? reasonOf(error).replace(/[.\s]+$/, '');
}
