// A text for one type of account status notification: `password-changed:Your password was changed`.

import { type PropertyType, propertyType } from '../property-type.ts';
import { controlCharacterProblem } from './control-characters.ts';

/** PingDS's types of account status notifications. */
export const NOTIFICATION_TYPES = [
  'account-temporarily-locked',
  'account-permanently-locked',
  'account-unlocked',
  'account-idle-locked',
  'account-reset-locked',
  'account-disabled',
  'account-enabled',
  'account-expired',
  'password-expired',
  'password-expiring',
  'password-reset',
  'password-changed',
] as const;

export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

export interface NotificationText {
  readonly type: NotificationType;
  readonly text: string;
}

const CHARACTERS_MAX = 900;

/** Returns the type of such texts. @param what Name of the text in sentences. */
export function notificationText(what: 'subject' | 'file'): PropertyType<NotificationText> {
  const advice = `Write a type of notification, a colon, and the ${what}; the types are ${NOTIFICATION_TYPES.join(', ')}.`;
  return propertyType({
    name: `notification ${what}`,
    syntax: 'directoryString',
    allowed: `A type of notification, a colon, and the ${what}`,
    parse(given) {
      const at = given.indexOf(':');
      if (at < 0) return { problem: 'has no ":"', advice };
      const name = given.slice(0, at).trim().toLowerCase();
      const type = NOTIFICATION_TYPES.find((one) => one === name);
      if (type === undefined) return { problem: 'begins with no type of notification', advice };
      const text = given.slice(at + 1).trim();
      if (text === '') return { problem: `has no ${what} after ":"`, advice };
      if (text.length > CHARACTERS_MAX)
        return { problem: `is longer than ${CHARACTERS_MAX} characters`, advice: 'Write a shorter text.' };
      return controlCharacterProblem(given.trim()) ?? { value: { type, text } };
    },
    format: ({ type, text }) => `${type}:${text}`,
  });
}
