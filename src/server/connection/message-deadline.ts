// How long the rest of a message may take to come. Half a message costs memory and a connection, and nobody can answer it.

export class MessageDeadline {
  readonly #timeMs: number;
  readonly #missed: () => void;
  /** On the clock of performance.now(); undefined while nothing is unfinished. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param missed called when a message has been unfinished for so many milliseconds. */
  constructor(timeMs: number, missed: () => void) {
    this.#timeMs = timeMs;
    this.#missed = missed;
  }

  /** A message has begun and is not whole yet. */
  begin(): void {
    this.#since = performance.now();
    this.#timer ??= this.#timerFor(this.#timeMs);
  }

  get isRunning(): boolean {
    return this.#since !== undefined;
  }

  /** Nothing is unfinished. The timer stays where it is: most messages that come in pieces come soon, and are many. */
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
