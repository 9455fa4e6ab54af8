// Sends alerts by mail, through the first enabled mail server that accepts the message.

import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { mailAddress } from '../types/mail-address.ts';
import { string } from '../types/string.ts';
import { alertHandler } from './alert-handler.ts';
import { javaClassProperty } from './properties/java-class-property.ts';

const TOKENS = 'Each %%alert-type%%, %%alert-id%% and %%alert-message%% is replaced by what it names.';

/** Maximum line length (RFC 5322 §2.1.1) less the field name. */
const SUBJECT_CHARACTERS_MAX = 900;
/** Number of recipients that every mail server accepts (RFC 5321 §4.5.3.1.8). */
const RECIPIENTS_MAX = 100;

export const smtpAlertHandler = defineObject({
  kind: 'smtp-alert-handler',
  friendlyName: 'SMTP Alert Handler',
  friendlyPluralName: 'SMTP Alert Handlers',
  synopsis: 'Sends the alerts of this server by mail.',
  description:
    'A message goes to the mail servers one after the other until one of them takes it. The first alert of a type is ' +
    'sent at once; those that follow are sent together after a minute, and after growing pauses of up to an hour as ' +
    'long as they do not end.',
  objectClass: { name: 'ds-cfg-smtp-alert-handler', oid: opendjClass(115) },
  parent: alertHandler,
  location: alertHandler.location,
  properties: [
    ...alertHandler.properties,
    property({
      name: 'sender-address',
      oid: opendjAttribute(377),
      type: mailAddress(),
      required: true,
      synopsis: 'The address that alerts come from.',
    }),
    property({
      name: 'recipient-address',
      oid: opendjAttribute(378),
      type: mailAddress(),
      multiValued: true,
      required: true,
      synopsis: 'The addresses that alerts are sent to.',
    }),
    property({
      name: 'message-subject',
      oid: opendjAttribute(379),
      type: string({
        pattern: /^\P{Cc}*$/u,
        patternInWords: 'of one line',
        charactersMax: SUBJECT_CHARACTERS_MAX,
      }),
      multiValuedAttribute: true,
      required: true,
      synopsis: 'The subject of the messages.',
      description: TOKENS,
    }),
    property({
      name: 'message-body',
      oid: opendjAttribute(380),
      type: string({ hasLines: true }),
      required: true,
      synopsis: 'The text of the messages; lines are broken at 75 columns.',
      description: `${TOKENS} The two characters \\n begin a new line.`,
    }),
    javaClassProperty('org.opends.server.extensions.SMTPAlertHandler'),
  ],
  constraints: [
    {
      properties: ['recipient-address'],
      check: ({ recipientAddress: { length } }) =>
        length > RECIPIENTS_MAX
          ? {
              property: 'recipient-address',
              problem: `is one of ${length} addresses; ${RECIPIENTS_MAX} are allowed`,
              advice: 'Write to a mailing list.',
              code: 'constraintViolation',
            }
          : undefined,
    },
  ],
  neededKinds: [
    {
      kind: 'mail-server',
      condition: 'the alert handler is enabled',
      properties: ['enabled'],
      holds: (handler) => handler.enabled,
    },
  ],
});
