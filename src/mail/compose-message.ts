// Composes an outgoing message (RFC 5322, MIME).

import MailComposer from 'nodemailer/lib/mail-composer';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Any end of a line, also a CR alone. */
const LINE_END = /\r\n?|\n/g;

/**
 * Returns the octets of a message.
 *
 * @param messageId Message-ID with angle brackets. A recipient who gets the message twice recognizes it by
 * this.
 */
export async function composeMessage(
  { from, to, subject, text, isHtml, headers }: OutgoingMessage,
  { messageId, date }: { readonly messageId: string; readonly date: Date },
): Promise<Buffer> {
  const composer = new MailComposer({
    from,
    to: [...to],
    subject,
    ...(isHtml === true ? { html: transmissible(text) } : { text: transmissible(text) }),
    messageId,
    date,
    headers: { ...headers },
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'windows',
  });
  const node = composer.compile();
  return new Promise((resolve, reject) => {
    node.build((error, octets) => (error || octets === undefined ? reject(error) : resolve(octets)));
  });
}

/** A mail server may read a CR alone as the end of a line, and must never get one (RFC 5321 §2.3.8); NUL is no text (RFC 5322 §4). */
function transmissible(text: string): string {
  return text.replaceAll(LINE_END, '\n').replaceAll('\0', '\uFFFD');
}
