// Handlers of account status notifications: they report what becomes of accounts and their passwords. A password policy names
// those that hear of its accounts.

import { defineObject } from '../../object-definition.ts';
import { forgerockAttribute, opendjAttribute, opendjClass } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { boolean } from '../../types/boolean.ts';
import { enumeration } from '../../types/enumeration.ts';
import { mailAddress } from '../../types/mail-address.ts';
import { NOTIFICATION_TYPES, notificationText } from '../../types/notification-text.ts';
import { string } from '../../types/string.ts';
import { enabledProperty } from '../properties/enabled-property.ts';
import { javaClassProperty } from '../properties/java-class-property.ts';
import { Container } from '../properties/places.ts';

export const accountStatusNotificationHandler = defineObject({
  kind: 'account-status-notification-handler',
  friendlyName: 'Account Status Notification Handler',
  friendlyPluralName: 'Account Status Notification Handlers',
  synopsis:
    'Reports what becomes of accounts: that they are locked, that their password expires, and the like.',
  description: 'It hears of the accounts whose password policy names it.',
  objectClass: { name: 'ds-cfg-account-status-notification-handler', oid: opendjClass(74) },
  abstract: true,
  location: { under: Container.accountStatusNotificationHandlers },
  properties: [enabledProperty('Whether the handler reports anything.')],
});

export const errorLogAccountStatusNotificationHandler = defineObject({
  kind: 'error-log-account-status-notification-handler',
  friendlyName: 'Error Log Account Status Notification Handler',
  friendlyPluralName: 'Error Log Account Status Notification Handlers',
  synopsis: 'Reports what becomes of accounts in the log of the server.',
  objectClass: { name: 'ds-cfg-error-log-account-status-notification-handler', oid: opendjClass(75) },
  parent: accountStatusNotificationHandler,
  location: accountStatusNotificationHandler.location,
  properties: [
    ...accountStatusNotificationHandler.properties,
    property({
      name: 'account-status-notification-type',
      oid: opendjAttribute(238),
      type: enumeration(NOTIFICATION_TYPES),
      multiValued: true,
      required: true,
      synopsis: 'What is reported.',
    }),
    javaClassProperty('org.opends.server.extensions.ErrorLogAccountStatusNotificationHandler'),
  ],
});

/** Number of recipients that every mail server accepts (RFC 5321 §4.5.3.1.8), less those of the account. */
const RECIPIENTS_MAX = 90;

export const smtpAccountStatusNotificationHandler = defineObject({
  kind: 'smtp-account-status-notification-handler',
  friendlyName: 'SMTP Account Status Notification Handler',
  friendlyPluralName: 'SMTP Account Status Notification Handlers',
  synopsis: 'Reports what becomes of accounts by mail, to their owners and others.',
  description: 'A message goes to the mail servers one after the other until one of them takes it.',
  objectClass: { name: 'ds-cfg-smtp-account-status-notification-handler', oid: opendjClass(120) },
  parent: accountStatusNotificationHandler,
  location: accountStatusNotificationHandler.location,
  properties: [
    ...accountStatusNotificationHandler.properties,
    property({
      name: 'sender-address',
      oid: opendjAttribute(377),
      type: mailAddress(),
      required: true,
      synopsis: 'The address that notifications come from.',
    }),
    property({
      name: 'recipient-address',
      oid: opendjAttribute(378),
      type: mailAddress(),
      multiValued: true,
      synopsis: 'Addresses that every notification is sent to, besides those of the account.',
      default: { behaviour: 'Only the account itself is written to.' },
    }),
    property({
      name: 'email-address-attribute-type',
      oid: opendjAttribute(402),
      type: string({
        pattern: /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/,
        patternInWords: 'that names an attribute',
        charactersMax: 255,
      }),
      multiValued: true,
      synopsis: 'Attributes of the account with the addresses of its owner, such as mail.',
      default: { behaviour: 'Only recipient-address is written to.' },
    }),
    property({
      name: 'message-subject',
      oid: opendjAttribute(379),
      type: notificationText('subject'),
      multiValued: true,
      synopsis: 'The subject for a type of notification: the type, a colon, and the subject.',
      default: { behaviour: 'The subject says what has happened, in English.' },
    }),
    property({
      name: 'message-template-file',
      oid: opendjAttribute(404),
      type: notificationText('file'),
      multiValued: true,
      required: true,
      synopsis: 'The template for a type of notification: the type, a colon, and the path of a file.',
      description:
        'A type without a template is not reported. Relative paths begin in the folder of the instance. The tokens are ' +
        '%%notification-type%%, %%notification-message%%, %%notification-user-dn%%, %%notification-user-attr:NAME%% with the ' +
        'first value of an attribute, and %%notification-property:NAME%% with account-unlock-time, seconds-until-unlock, ' +
        'time-until-unlock, password-expiration-time, seconds-until-expiration, time-until-expiration, or password-policy-dn. The ' +
        'file is read again when the handler is changed.',
    }),
    property({
      name: 'send-email-as-html',
      oid: forgerockAttribute(148),
      type: boolean(),
      default: ['false'],
      advanced: true,
      synopsis: 'Whether templates are HTML. What is inserted is escaped then.',
    }),
    property({
      name: 'send-message-without-end-user-address',
      oid: opendjAttribute(403),
      type: boolean(),
      default: ['true'],
      advanced: true,
      synopsis: 'Whether recipient-address is written to also if the account has no address.',
    }),
    javaClassProperty('org.opends.server.extensions.SMTPAccountStatusNotificationHandler'),
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
    {
      properties: ['recipient-address', 'email-address-attribute-type'],
      check: ({ recipientAddress, emailAddressAttributeType }) =>
        recipientAddress.length + emailAddressAttributeType.length === 0
          ? {
              property: 'email-address-attribute-type',
              problem: 'has no value, and neither has recipient-address, so nobody would be written to',
              advice: 'Set one of the two.',
              code: 'constraintViolation',
            }
          : undefined,
    },
  ],
  neededKinds: [
    {
      kind: 'mail-server',
      condition: 'the notification handler is enabled',
      properties: ['enabled'],
      holds: (handler) => handler.enabled,
    },
  ],
});
