// Finds the refusal of a reply: the first matching row of all tables, special ones first.

import type { Asked } from '../asked.ts';
import { ehlo, greeting, startTls } from './before-login.ts';
import { auth } from './of-logins.ts';
import { content, general, mail, recipient } from './of-messages.ts';
import { anywhere, session } from './of-sessions.ts';
import { strangers } from './of-strangers.ts';
import type { Condition, Refusal } from './refusal.ts';

export const REFUSALS: readonly Refusal[] = [
  ...anywhere,
  ...greeting,
  ...ehlo,
  ...startTls,
  ...auth,
  ...session,
  ...mail,
  ...recipient,
  ...content,
  ...general,
  ...strangers,
];

/** Parts of a reply. */
export interface Reply {
  /** Reply code; 0 if it has none. */
  readonly code: number;
  /** Subject and detail of the enhanced status code: `7.8` of `5.7.8`. */
  readonly enhanced: string | undefined;
  readonly text: string;
}

/** Enhanced codes about an address, a mailbox or a size. They are unambiguous, whatever the text says. */
const PRECISE = /^(?:1\.[1-9]\d*|2\.[1-4]|3\.4)$/;

/** Parses the text of a reply. */
export function parseReply(text: string): Reply {
  const [, code = '0', enhanced] = /^([2-5]\d\d)(?:[ -][245]\.(\d{1,3}\.\d{1,3}))?(?![\w.])/.exec(text) ?? [];
  return { code: Number(code), enhanced, text };
}

/**
 * Returns the matching refusal.
 *
 * @param holds Returns true if a condition holds for the connection.
 */
export function findRefusal(
  asked: Asked,
  reply: Reply,
  holds: (condition: Condition) => boolean,
): Refusal | undefined {
  return REFUSALS.find(
    ({ at, replies, when, ...row }) =>
      at.includes(asked) &&
      replies.split(' ').some((word) => fitsCode(word, reply.code)) &&
      (when === undefined || holds(when)) &&
      fitsWords(row, reply),
  );
}

function fitsCode(word: string, code: number): boolean {
  if (word === 'other') return code < 400;
  return word.endsWith('yz') ? word.startsWith(String(Math.trunc(code / 100))) : Number(word) === code;
}

function fitsWords({ enhanced, says }: Pick<Refusal, 'enhanced' | 'says'>, reply: Reply): boolean {
  if (enhanced === undefined && says === undefined) return true;
  if (reply.enhanced !== undefined) {
    if (enhanced?.split(' ').includes(reply.enhanced) === true) return true;
    if (PRECISE.test(reply.enhanced)) return false;
  }
  return says?.test(reply.text) === true;
}
