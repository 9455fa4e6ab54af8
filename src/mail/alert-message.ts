// The mail that tells of alerts: subject and text as the administrator wrote them, with what happened in place of the
// tokens. Several alerts of one type are one mail.

import type { RaisedAlert } from './alert.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** How an administrator wants to hear of alerts. */
export interface AlertMail {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly body: string;
}

export interface AlertGroup {
  /** Of one type, oldest first; at least one. */
  readonly alerts: readonly [RaisedAlert, ...RaisedAlert[]];
  /** How many more there were, of which nothing is kept but their number. */
  readonly omitted: number;
}

const COLUMNS = 75;
/** RFC 5322 §2.1.1, less the name of the header. */
const SUBJECT_CHARACTERS_MAX = 900;
const TOKEN = /%%alert-(type|id|message)%%/gi;

export function composeAlert(
  { alerts, omitted }: AlertGroup,
  { sender, recipients, subject, body }: AlertMail,
): OutgoingMessage {
  const [first] = alerts;
  const text = fill(body.replaceAll('\\n', '\n'), first);
  const paragraphs = [text, ...restOf({ alerts, omitted })];
  return {
    from: sender,
    to: recipients,
    subject: oneLine(fill(subject, first)),
    text: `${wrap(paragraphs.join('\n\n'))}\n`,
    // RFC 3834 §5: programs that answer mail leave this one alone.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** What was put in is not looked at again: a message may have tokens in it. */
function fill(text: string, { type, id, message }: RaisedAlert): string {
  const parts: Readonly<Record<string, string>> = { type, id, message };
  return text.replace(TOKEN, (token, name: string) => parts[name.toLowerCase()] ?? token);
}

function restOf({ alerts: [, ...others], omitted }: AlertGroup): string[] {
  const count = others.length + omitted;
  if (count === 0) return [];
  const heading = `${count} more of this type ${count === 1 ? 'was' : 'were'} raised since:`;
  const lines = others.map(({ at, id, message }) => `${at.toISOString()} ${id}\n${message}`);
  return [heading, ...lines, ...(omitted === 0 ? [] : [`and ${omitted} that are in the log only.`])];
}

/** No header of its own can come in with a line end, nor a control character with anything else. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return line.length > SUBJECT_CHARACTERS_MAX ? `${line.slice(0, SUBJECT_CHARACTERS_MAX - 1)}…` : line;
}

/** Lines of at most 75 columns, broken between words; a longer word stays whole. */
function wrap(text: string): string {
  return text
    .split(/\r?\n/)
    .flatMap((line) => wrapLine(line))
    .join('\n');
}

function wrapLine(line: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > COLUMNS) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}
