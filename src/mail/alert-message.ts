// The mail about alerts: subject and text as the administrator wrote them, with the tokens filled in. Several
// alerts of one type are one mail.

import type { RaisedAlert } from './alert.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Settings of the mail: addresses, subject and body. */
export interface AlertMail {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly body: string;
}

export interface AlertGroup {
  /** Alerts of one type, oldest first; at least one. */
  readonly alerts: readonly [RaisedAlert, ...RaisedAlert[]];
  /** Number of further alerts, which were only counted. */
  readonly omitted: number;
}

const COLUMNS = 75;
/** Maximum line length (RFC 5322 §2.1.1) less the field name. */
const SUBJECT_CHARACTERS_MAX = 900;
const TOKEN = /%%alert-(type|id|message)%%/gi;

/** Returns the mail about a group of alerts. */
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
    // Tells programs that answer mail not to answer (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** Fills in the tokens. Inserted text is not searched for tokens. */
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

/** Returns a text as one line. A line end would start another header field. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return line.length > SUBJECT_CHARACTERS_MAX ? `${line.slice(0, SUBJECT_CHARACTERS_MAX - 1)}…` : line;
}

/** Wraps text at 75 columns between words; a longer word stays whole. */
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
