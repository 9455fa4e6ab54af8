// Mails about accounts, whatever is in their names and values: no value becomes a header or a recipient.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTIFICATION_TYPES } from '../../src/config/types/notification-text.ts';
import { composeNotice, type NoticeMail } from '../../src/mail/account-notice.ts';
import { composeMessage } from '../../src/mail/compose-message.ts';
import { parseTemplate } from '../../src/mail/notification-template.ts';

const SENDER = 'confdit@example.com';
const ADMINISTRATOR = 'admin@example.com';
const HEADERS = [
  'From',
  'To',
  'Subject',
  'Message-ID',
  'Date',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'Auto-Submitted',
];
const TOKENS = [
  'notification-user-attr:cn',
  'notification-user-dn',
  'notification-message',
  'notification-type',
  'notification-property:password-policy-dn',
];
const STAMP = { messageId: '<1@example.com>', date: new Date(0) };

const nasty = fc
  .array(
    fc.constantFrom(
      ...[
        '\r',
        '\n',
        '\r\n',
        '\r\n\r\n',
        '\0',
        '\u2028',
        '\u0085',
        '\u202E',
        '\t',
        ' ',
        ',',
        ';',
        '<',
        '>',
        '"',
      ],
      ...[
        'Bcc: evil@example.com',
        'To:',
        'evil@example.com',
        'ü',
        '😀',
        '\uD800',
        '.',
        '%%notification-type%%',
      ],
      ...[
        '=?utf-8?q?=0D=0ABcc=3A_evil=40example=2Ecom?=',
        '=?utf-8?b?DQpCY2M6IGV2aWw=?=',
        '\r\n.\r\n',
        '(x)',
      ],
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const values = fc.array(nasty, { maxLength: 3 });

function mailOf(isHtml: boolean, subject: string): NoticeMail {
  const template = parseTemplate(TOKENS.map((token) => `%%${token}%%\n`).join(''), () => true);
  if ('problem' in template) throw new Error(template.problem);
  return {
    sender: SENDER,
    recipients: [ADMINISTRATOR],
    addressAttributes: ['mail'],
    subjects: new Map(NOTIFICATION_TYPES.map((type) => [type, subject])),
    templates: new Map(NOTIFICATION_TYPES.map((type) => [type, template])),
    isHtml,
    sendsWithoutOwner: true,
  };
}

/** Names and values of the headers, each on one line (RFC 5322 §2.2.3). */
function headersOf(message: string): readonly (readonly [string, string])[] {
  const head = message.slice(0, message.indexOf('\r\n\r\n')).replaceAll(/\r\n(?=[ \t])/g, '');
  return head
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
}

describe('a mail about an account', () => {
  it('has the headers and recipients that the handler gives it, whatever the account is called', async () => {
    const facts = fc.record({
      type: fc.constantFrom(...NOTIFICATION_TYPES),
      dn: nasty,
      message: nasty,
      policyDn: nasty,
      cn: values,
      mail: values,
      subject: nasty.map((text) => `About: ${text}`),
      isHtml: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(facts, async ({ type, dn, message, policyDn, cn, mail, subject, isHtml }) => {
        const held: Readonly<Record<string, readonly string[]>> = { cn, mail };
        const notice = {
          type,
          dn,
          message,
          policyDn,
          properties: {},
          values: (name: string) => held[name] ?? [],
        };
        const outgoing = composeNotice(notice, mailOf(isHtml, subject));
        if (outgoing === undefined) throw new Error('There is no mail.');
        for (const address of outgoing.to) {
          expect(address).toMatch(/^[^\s<>"(),:;@\p{Cc}]+@example\.com$/u);
          expect([ADMINISTRATOR, ...mail]).toContain(address);
        }
        const octets = await composeMessage(outgoing, STAMP);
        const headers = headersOf(octets.toString('latin1'));
        expect(headers.map(([name]) => name).toSorted()).toEqual(HEADERS.toSorted());
        const header = new Map(headers);
        expect(header.get('From')?.trim()).toBe(SENDER);
        expect(header.get('To')?.split(',')).toHaveLength(outgoing.to.length);
        expect(octets.toString('latin1')).not.toMatch(/(?<!\r)\n|\r(?!\n)|\0/);
      }),
    );
  });
});
