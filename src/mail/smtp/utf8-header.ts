// A message whose header is UTF-8 and whose addresses are ASCII needs SMTPUTF8 too (RFC 6531 §3.4). nodemailer asks for it
// when an address needs it and not otherwise, so the parameter is added to its MAIL command on the way out.

import type SMTPConnection from 'nodemailer/lib/smtp-connection';

const SEND = '_sendCommand';
const MAIL = /^MAIL FROM:<[^>]*>/;

/** Adds SMTPUTF8 to the MAIL commands of a connection until the returned function is called. Throws where that is impossible. */
export function askForUtf8(connection: SMTPConnection): () => void {
  const send: unknown = Reflect.get(connection, SEND);
  if (typeof send !== 'function') throw new Error('The version of nodemailer cannot ask for SMTPUTF8.');
  Reflect.set(connection, SEND, (line: string, shown?: string) =>
    Reflect.apply(send, connection, [line.replace(MAIL, '$& SMTPUTF8'), shown]),
  );
  return () => void Reflect.deleteProperty(connection, SEND);
}
