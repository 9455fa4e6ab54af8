// An outgoing message as the octets that go over the wire (RFC 5322, MIME).

import MailComposer from 'nodemailer/lib/mail-composer';
import type { OutgoingMessage } from './outgoing-message.ts';

/**
 * @param messageId with angle brackets. A receiver who gets a message twice knows by it that the two are one.
 */
export async function composeMessage(
  { from, to, subject, text, headers }: OutgoingMessage,
  { messageId, date }: { readonly messageId: string; readonly date: Date },
): Promise<Buffer> {
  const composer = new MailComposer({
    from,
    to: [...to],
    subject,
    text,
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
