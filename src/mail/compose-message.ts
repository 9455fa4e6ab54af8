// Composes an outgoing message (RFC 5322, MIME).

import MailComposer from 'nodemailer/lib/mail-composer';
import type { OutgoingMessage } from './outgoing-message.ts';

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
    ...(isHtml === true ? { html: text } : { text }),
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
