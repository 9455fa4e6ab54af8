// What is said on one connection to a mail server, as nodemailer tells its log: from it comes how far a connection got
// when it failed, and when each step was done. Secrets are already hidden in what nodemailer tells, and what the caller
// names as a secret is hidden once more; messages are not told at all.

import type { SecretText } from './secret-text.ts';

/** How far a connection has got. `content`: a message was sent and its last answer is awaited. */
export type Step = 'connect' | 'tls' | 'greeting' | 'login' | 'message' | 'content';

export interface DialogLine {
  readonly by: 'client' | 'server';
  readonly text: string;
  readonly atMs: number;
}

export interface DialogOptions {
  /** Whether the connection is encrypted from its first byte. */
  readonly beginsWithTls: boolean;
  readonly secrets: SecretText;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number;
  /** Called with every line. */
  readonly hear: (line: DialogLine) => void;
}

/** The steps at which connections failed, by the error. */
export class FailedSteps {
  readonly #steps = new WeakMap<Error, Step>();

  set(error: Error, step: Step): void {
    if (!this.#steps.has(error)) this.#steps.set(error, step);
  }

  find(error: unknown): Step | undefined {
    return error instanceof Error ? this.#steps.get(error) : undefined;
  }
}

interface LogEntry {
  readonly tnx?: unknown;
  readonly err?: unknown;
}

/** A logger for nodemailer, of one connection. */
export class Dialog {
  readonly #options: DialogOptions;
  readonly #failures: FailedSteps;
  #step: Step;
  #isSilent = true;

  constructor(options: DialogOptions, failures: FailedSteps) {
    this.#options = options;
    this.#failures = failures;
    this.#step = options.beginsWithTls ? 'tls' : 'greeting';
  }

  get step(): Step {
    return this.#step;
  }

  debug(entry: LogEntry, text?: string): void {
    if (entry.tnx !== 'client' && entry.tnx !== 'server') return;
    const said = this.#options.secrets.hide(text ?? '');
    if (entry.tnx === 'client') this.#step = stepOfCommand(said) ?? this.#step;
    else this.#step = this.#stepAfterReply(said);
    this.#options.hear({ by: entry.tnx, text: said, atMs: this.#options.clockMs() });
  }

  #stepAfterReply(text: string): Step {
    // With TLS from the first byte the first reply shows that the handshake is done; the one to STARTTLS does not.
    const isFirst = this.#isSilent;
    this.#isSilent = false;
    if (isFirst && this.#step === 'tls') return 'greeting';
    return stepAfterReply(this.#step, text);
  }

  info(): void {}

  warn(entry: LogEntry): void {
    if (entry.err instanceof Error) this.#failures.set(entry.err, this.#step);
  }

  error(entry: LogEntry): void {
    this.warn(entry);
  }
}

const STEP_BY_COMMAND: ReadonlyMap<string, Step> = new Map([
  ['EHLO', 'greeting'],
  ['HELO', 'greeting'],
  ['STARTTLS', 'tls'],
  ['AUTH', 'login'],
  ['MAIL', 'message'],
  ['RCPT', 'message'],
  ['RSET', 'message'],
]);

function stepOfCommand(text: string): Step | undefined {
  return STEP_BY_COMMAND.get(/^[a-z]+/i.exec(text)?.[0].toUpperCase() ?? '');
}

function stepAfterReply(step: Step, text: string): Step {
  if (text.startsWith('354')) return 'content';
  return step === 'content' ? 'message' : step;
}
