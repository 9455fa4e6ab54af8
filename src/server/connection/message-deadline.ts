// Limits the time for the rest of a message: half a message costs memory and a connection, and cannot be answered.

export class MessageDeadline {
  readonly #timeMs: number;
  readonly #missed: () => void;
  /** Start of the unfinished message, on the clock of performance.now(); undefined if there is none. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param missed called if a message is unfinished for `timeMs` milliseconds. */
  constructor(timeMs: number, missed: () => void) {
    this.#timeMs = timeMs;
    this.#missed = missed;
  }

  /** Notes the beginning of an incomplete message. */
  begin(): void {
    this.#since = performance.now();
    this.#timer ??= this.#timerFor(this.#timeMs);
  }

  get isRunning(): boolean {
    return this.#since !== undefined;
  }

  /** Notes the end of the message. The timer is kept: most messages in pieces are soon complete, and there are many. */
  end(): void {
    this.#since = undefined;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#since = undefined;
  }

  #timerFor(timeMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), timeMs).unref();
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#since + this.#timeMs - performance.now();
    if (left > 0) this.#timer = this.#timerFor(left);
    else this.#missed();
  }
}
