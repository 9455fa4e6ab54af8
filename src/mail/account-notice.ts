// Notices of what becomes of accounts: to the log, and as mails in the words of the administrator.

import type { NotificationType } from '../config/types/notification-text.ts';
import {
  fillTemplate,
  type NotificationFacts,
  type NotificationProperty,
  type Template,
} from './notification-template.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Something that has become of an account. */
export interface AccountNotice {
  readonly type: NotificationType;
  /** DN of the account. */
  readonly dn: string;
  /** A sentence. */
  readonly message: string;
  readonly policyDn: string;
  readonly properties: Readonly<Partial<Record<NotificationProperty, string>>>;
  /** Values of an attribute of the account, by its lower-case name. */
  readonly values: (attribute: string) => readonly string[];
}

/** Settings of a handler that sends mails. */
export interface NoticeMail {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Lower-case names of attributes with addresses of the owner. */
  readonly addressAttributes: readonly string[];
  readonly subjects: ReadonlyMap<NotificationType, string>;
  readonly templates: ReadonlyMap<NotificationType, Template>;
  readonly isHtml: boolean;
  readonly sendsWithoutOwner: boolean;
}

const SUBJECTS: Readonly<Record<NotificationType, string>> = {
  'account-temporarily-locked': 'Your account is locked for a while',
  'account-permanently-locked': 'Your account is locked',
  'account-unlocked': 'Your account is unlocked',
  'account-idle-locked': 'Your account is locked because it was not used',
  'account-reset-locked': 'Your account is locked because its password was not changed',
  'account-disabled': 'Your account is disabled',
  'account-enabled': 'Your account is enabled',
  'account-expired': 'Your account has expired',
  'password-expired': 'Your password has expired',
  'password-expiring': 'Your password expires soon',
  'password-reset': 'Your password was set by an administrator',
  'password-changed': 'Your password was changed',
};
const ADDRESS = /^[^\s"(),:;<>@[\\\]\p{Cc}]{1,64}@[\p{L}\p{N}.-]{1,253}$/u;
const RECIPIENTS_MAX = 100;
const SUBJECT_CHARACTERS_MAX = 900;
const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Returns the mail about a notice; undefined if nobody is to be written to about it. */
export function composeNotice(notice: AccountNotice, mail: NoticeMail): OutgoingMessage | undefined {
  const template = mail.templates.get(notice.type);
  if (template === undefined) return undefined;
  const owners = mail.addressAttributes.flatMap(notice.values).filter((address) => ADDRESS.test(address));
  if (owners.length === 0 && !mail.sendsWithoutOwner) return undefined;
  const to = [...new Set([...owners, ...mail.recipients])].slice(0, RECIPIENTS_MAX);
  if (to.length === 0) return undefined;
  const text = fillTemplate(template, factsOf(notice, mail.isHtml ? escapeHtml : (value) => value));
  const subject = mail.subjects.get(notice.type) ?? SUBJECTS[notice.type];
  return {
    from: mail.sender,
    to,
    subject: subject.replaceAll(/\p{Cc}+/gu, ' ').slice(0, SUBJECT_CHARACTERS_MAX),
    text,
    ...(mail.isHtml && { isHtml: true }),
    // Tells programs that answer mail not to answer (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function factsOf(
  { type, message, dn, properties, policyDn, values }: AccountNotice,
  shown: (value: string) => string,
): NotificationFacts {
  const all = { ...properties, 'password-policy-dn': policyDn };
  const entries = Object.entries(all).map(([name, value]) => [name, shown(value)] as const);
  return {
    type,
    message: shown(message),
    userDn: shown(dn),
    attribute: (name) => {
      const [first] = values(name);
      return first === undefined ? undefined : shown(first);
    },
    properties: Object.fromEntries(entries),
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPED[character] ?? character);
}
