// Follows the dialog on one connection to a mail server by nodemailer's log, and knows the pending request at
// any moment. nodemailer hides secrets in its log; those that the caller names are hidden again. Messages are
// not logged.

import type { SecretText } from '../secret-text.ts';
import type { Asked } from './asked.ts';

export interface DialogLine {
  readonly by: 'client' | 'server';
  readonly text: string;
  readonly atMs: number;
}

export interface DialogOptions {
  /** True for implicit TLS (RFC 8314 §3). */
  readonly beginsWithTls: boolean;
  readonly secrets: SecretText;
  /** Returns the milliseconds of a monotonic clock. */
  readonly clockMs: () => number;
  /** Called with every line. */
  readonly hear: (line: DialogLine) => void;
  /** Called after every line with the pending request; undefined for none. */
  readonly moved: (asked: Asked | undefined) => void;
}

interface LogEntry {
  readonly tnx?: unknown;
  readonly outByteCount?: unknown;
  readonly remotePort?: unknown;
}

/** A logger for nodemailer, for one connection. */
export class Dialog {
  readonly #options: DialogOptions;
  /** Commands without a reply; several if the mail server offers PIPELINING (RFC 2920). */
  #asked: Asked[];
  #last: Asked | undefined;
  #isExtended = true;
  /** True if the next line of the client continues a login. */
  #isLogin = false;

  constructor(options: DialogOptions) {
    this.#options = options;
    this.#asked = [options.beginsWithTls ? 'handshake' : 'greeting'];
  }

  /** Lines of the last EHLO reply, without codes and without the first line; an empty list after HELO. */
  offered: readonly string[] = [];

  /** Pending or last request; undefined if there was none since `begin`. */
  get asked(): Asked | undefined {
    return this.#asked[0] ?? this.#last;
  }

  /** Begins a new exchange. */
  begin(): void {
    this.#last = undefined;
  }

  debug(entry: LogEntry, text?: string): void {
    if (entry.tnx !== 'client' && entry.tnx !== 'server') return;
    const said = this.#options.secrets.hide(text ?? '');
    if (entry.tnx === 'client') this.#ask(said);
    else this.#answer(text ?? '');
    this.#options.hear({ by: entry.tnx, text: said, atMs: this.#options.clockMs() });
    this.#options.moved(this.#asked[0]);
  }

  info(entry: LogEntry): void {
    // Connected; with implicit TLS, also encrypted.
    if (entry.tnx === 'network' && entry.remotePort !== undefined && this.#asked[0] === 'handshake')
      this.#move('greeting');
    // The message was sent, with its final dot.
    if (entry.tnx === 'message' && entry.outByteCount !== undefined) this.messageEnds();
  }

  /** Records that the final dot was sent or may have been. */
  messageEnds(): void {
    if (this.#asked[0] === 'content') this.#move('message');
  }

  warn(): void {}
  error(): void {}

  #move(asked: Asked): void {
    this.#asked[0] = asked;
    this.#options.moved(asked);
  }

  #ask(line: string): void {
    if (this.#asked[0] === 'handshake') this.#asked.shift();
    const command = this.#isLogin ? 'AUTH' : COMMANDS.get(/^[a-z]+/i.exec(line)?.[0].toUpperCase() ?? '');
    this.#isLogin = false;
    if (command !== undefined) this.#asked.push(command);
    if (command === 'EHLO') this.#isExtended = line.startsWith('EHLO');
  }

  #answer(line: string): void {
    const asked = this.#asked.shift();
    // nodemailer logs the end of a connection, or half a reply, like a reply.
    this.#last = asked;
    if (asked === undefined) return;
    if (asked === 'EHLO') this.offered = this.#isExtended && line.startsWith('2') ? offeredIn(line) : [];
    if (asked === 'AUTH') this.#isLogin = line.startsWith('334');
    if (asked === 'STARTTLS' && line.startsWith('2')) this.#asked.unshift('handshake');
    if (asked === 'DATA' && /^[23]/.test(line)) this.#asked.unshift('content');
  }
}

function offeredIn(answer: string): readonly string[] {
  const [, ...lines] = answer.split(/\r?\n/);
  return lines.map((line) => line.replace(/^\d+[ -]/, '').trim()).filter((line) => line !== '');
}

const COMMANDS: ReadonlyMap<string, Asked> = new Map([
  ['EHLO', 'EHLO'],
  ['HELO', 'EHLO'],
  ['STARTTLS', 'STARTTLS'],
  ['AUTH', 'AUTH'],
  ['MAIL', 'MAIL'],
  ['RCPT', 'RCPT'],
  ['DATA', 'DATA'],
  ['RSET', 'RSET'],
  ['QUIT', 'QUIT'],
]);
