// A limit on how long somebody else may take: a client, a mail server, a file system.
//
// A limit on the clock alone blames the other side also where this process did not get the processor, or its machine slept:
// when it goes on, the answer may lie in the socket, but the timer is called first. So a deadline is counted in steps.
// However long the process stood still, that costs one step, and between two steps it takes what has come.

/** Calls back after some milliseconds; returns how to prevent it. */
export type Timer = (ms: number, run: () => void) => () => void;

/** Number of steps that make up a deadline. */
const STEPS = 12;

/** A timer of this machine that keeps no process alive. */
export function idleTimer(ms: number, run: () => void): () => void {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
}

/** A timer of this machine; the process lives as long as it runs. */
export function livingTimer(ms: number, run: () => void): () => void {
  const timeout = setTimeout(run, ms);
  return () => clearTimeout(timeout);
}

export class Deadline {
  readonly #stepMs: number;
  readonly #missed: () => void;
  readonly #timer: Timer;
  /** 0 while nothing is awaited. */
  #stepsLeft = 0;
  #cancel: (() => void) | undefined;

  /**
   * @param ms milliseconds that may pass between `begin` and `end`; a twelfth more passes at most before it is noticed
   * @param missed called once if they have passed
   */
  constructor(ms: number, missed: () => void, timer: Timer = idleTimer) {
    this.#stepMs = ms / STEPS;
    this.#missed = missed;
    this.#timer = timer;
  }

  get isRunning(): boolean {
    return this.#stepsLeft > 0;
  }

  /** Counts from now on, also if it was counting before. */
  begin(): void {
    // A timer that runs is in the middle of a step.
    this.#stepsLeft = this.#cancel === undefined ? STEPS : STEPS + 1;
    this.#startTimer();
  }

  /** Stops counting. The timer is kept, because most that begins ends soon, and there is much of it. */
  end(): void {
    this.#stepsLeft = 0;
  }

  /** Stops counting, and the timer. */
  close(): void {
    this.#stepsLeft = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #startTimer(): void {
    this.#cancel ??= this.#timer(this.#stepMs, () => this.#step());
  }

  #step(): void {
    this.#cancel = undefined;
    if (this.#stepsLeft === 0) return;
    this.#stepsLeft -= 1;
    if (this.#stepsLeft === 0) this.#missed();
    else this.#startTimer();
  }
}
