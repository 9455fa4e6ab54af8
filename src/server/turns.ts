// How the long searches of a server share its time: what they do between two looks at the network is one turn, however
// many they are. Without that, a hundred of them would keep everybody waiting a hundred times as long as one.

/** All long searches together work so long, then others have their turn. */
const TURN_MS = 4;

export class Turns {
  readonly #waiting: (() => void)[] = [];
  /** When the turn ends that is being had; on the clock of performance.now(). */
  #endsAt: number | undefined;
  #isScheduled = false;

  /** When whoever works now has to stop. Takes and gives times on the clock of performance.now(). */
  endsAt(now: number): number {
    this.#endsAt ??= now + TURN_MS;
    this.#schedule();
    return this.#endsAt;
  }

  /** Resolves when it is the caller's turn, after those who waited before. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // The network is looked at before this is called.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#endsAt = undefined;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
