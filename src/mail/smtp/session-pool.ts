// A pool of connections to one mail server: limits their number, uses each for several messages, and closes
// idle ones. If the mail server has closed a connection meanwhile, the message is not lost: nothing of it was
// sent, and it goes over another connection.

import { SessionError } from './session-error.ts';
import type { Patience, SmtpSession } from './smtp-session.ts';

export interface SessionPoolOptions {
  /** Opens a connection that is ready for messages. Rejects with SessionError. */
  readonly open: (patience: Patience) => Promise<SmtpSession>;
  readonly sessionsMax: number;
}

const MESSAGES_PER_SESSION = 100;
const IDLE_MS = 60_000;

/** Connections to one mail server. */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #idle = new Map<SmtpSession, NodeJS.Timeout>();
  readonly #busy = new Set<SmtpSession>();
  readonly #messages = new WeakMap<SmtpSession, number>();
  readonly #waiting: (() => void)[] = [];
  #users = 0;
  #isClosed = false;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  /** Runs work on a connection when one is available, and returns its result. */
  async use<T>(work: (session: SmtpSession) => Promise<T>, patience: Patience): Promise<T> {
    await this.#takeTurn();
    const afterwards: Promise<void>[] = [];
    try {
      return await this.#useOne(work, patience, afterwards);
    } finally {
      // The caller does not wait for it, but the next one finds the connection ready.
      void Promise.all(afterwards).then(() => this.#endTurn());
    }
  }

  /** Closes idle connections now, and the others after use. */
  close(): void {
    this.#isClosed = true;
    for (const session of [...this.#idle.keys()]) this.#take(session).quit();
  }

  /** Closes all connections now. Work in progress fails. */
  end(): void {
    this.close();
    for (const session of this.#busy) session.close();
  }

  async #takeTurn(): Promise<void> {
    if (this.#users < this.#options.sessionsMax) this.#users += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#users -= 1;
    else next();
  }

  async #useOne<T>(
    work: (session: SmtpSession) => Promise<T>,
    patience: Patience,
    afterwards: Promise<void>[],
  ): Promise<T> {
    for (let tries = 0; ; tries++) {
      const [idle] = tries < this.#options.sessionsMax ? this.#idle.keys() : [];
      const session = idle === undefined ? await this.#options.open(patience) : this.#take(idle);
      session.patience = patience;
      this.#busy.add(session);
      try {
        const result = await work(session);
        this.#release(session);
        return result;
      } catch (error) {
        const isLost = !(error instanceof SessionError) || error.isLost;
        if (!isLost) afterwards.push(this.#makeReady(session, error));
        else this.#drop(session);
        // The connection was already closed, so nothing was sent.
        if (idle === undefined || !isLost || !(error instanceof SessionError) || error.asked !== 'MAIL')
          throw error;
      }
    }
  }

  /** Resets a connection after a refused message. Never rejects. */
  async #makeReady(session: SmtpSession, error: SessionError): Promise<void> {
    try {
      if (!error.isNotOffered) await session.reset();
      this.#release(session);
    } catch {
      this.#drop(session);
    }
  }

  #drop(session: SmtpSession): void {
    this.#busy.delete(session);
    session.close();
  }

  #take(session: SmtpSession): SmtpSession {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
    return session;
  }

  #release(session: SmtpSession): void {
    const messages = (this.#messages.get(session) ?? 0) + 1;
    this.#messages.set(session, messages);
    this.#busy.delete(session);
    if (session.hasEnded) return;
    if (this.#isClosed || messages >= MESSAGES_PER_SESSION) {
      session.quit();
      return;
    }
    const timer = setTimeout(() => this.#take(session).quit(), IDLE_MS).unref();
    this.#idle.set(session, timer);
    void session.ended.then(() => {
      if (this.#idle.get(session) === timer) this.#take(session);
    });
  }
}
