// What is said on one connection to a mail server, as nodemailer tells its log: from it comes what the mail server is being
// asked for at any moment. Secrets are already hidden in what nodemailer tells, and what the caller names as a secret is
// hidden once more; messages are not told at all.

import type { SecretText } from '../secret-text.ts';
import type { Asked } from './asked.ts';

export interface DialogLine {
  readonly by: 'client' | 'server';
  readonly text: string;
  readonly atMs: number;
}

export interface DialogOptions {
  /** Whether TLS begins with the connection. */
  readonly beginsWithTls: boolean;
  readonly secrets: SecretText;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number;
  /** Called with every line. */
  readonly hear: (line: DialogLine) => void;
  /** Called whenever something was said, with what is asked for from now on; undefined: nothing. */
  readonly moved: (asked: Asked | undefined) => void;
}

interface LogEntry {
  readonly tnx?: unknown;
  readonly outByteCount?: unknown;
  readonly remotePort?: unknown;
}

/** A logger for nodemailer, of one connection. */
export class Dialog {
  readonly #options: DialogOptions;
  /** Commands without an answer: several where the mail server offers PIPELINING (RFC 2920). */
  #asked: Asked[];
  #last: Asked | undefined;
  #isExtended = true;
  /** Whether the next line of the client goes on with a login. */
  #isLogin = false;

  constructor(options: DialogOptions) {
    this.#options = options;
    this.#asked = [options.beginsWithTls ? 'handshake' : 'greeting'];
  }

  /** The lines of the last answer to EHLO, without codes and without the first; none where only HELO is known. */
  offered: readonly string[] = [];

  /** What is asked for, or what was asked for last; undefined: nothing since `begin`. */
  get asked(): Asked | undefined {
    return this.#asked[0] ?? this.#last;
  }

  /** Something new begins. */
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
    // The connection is there, encrypted where TLS begins with it.
    if (entry.tnx === 'network' && entry.remotePort !== undefined && this.#asked[0] === 'handshake')
      this.#move('greeting');
    // The message is out, with its final dot.
    if (entry.tnx === 'message' && entry.outByteCount !== undefined) this.messageEnds();
  }

  /** The final dot is out, or may be. */
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
    // What a connection ends with, half an answer too, is told like one: then nothing says that it was one.
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
