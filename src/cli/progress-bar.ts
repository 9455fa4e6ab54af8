// How far a long command has come, for the person at the terminal: one line on stderr that is written over, and is gone
// at the end. Where stderr is no terminal nothing is written.

import type { World } from './command.ts';
import { ERASE_LINE } from './terminal.ts';

const WIDTH = 30;
/** More often than this nobody sees. */
const INTERVAL_MS = 100;

export class ProgressBar {
  readonly #stderr: World['stderr'];
  readonly #what: string;
  readonly #nowMs: () => number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #isDrawn = false;

  /** `what` stands before the bar: `checking`. */
  constructor(stderr: World['stderr'], what: string, nowMs: () => number = () => performance.now()) {
    this.#stderr = stderr;
    this.#what = what;
    this.#nowMs = nowMs;
  }

  /** `total` 0 means that nobody knows it; `words` stand behind the bar. */
  show(done: number, total: number, words: string): void {
    if (this.#stderr.isTTY !== true) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#drawnMs < INTERVAL_MS) return;
    this.#drawnMs = nowMs;
    this.#isDrawn = true;
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const full = Math.round(share * WIDTH);
    const bar =
      total === 0 ? '' : `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${Math.floor(share * 100)} % `;
    this.#stderr.write(`${ERASE_LINE}${this.#what} ${bar}${words}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isDrawn) this.#stderr.write(ERASE_LINE);
    this.#isDrawn = false;
  }
}

const SECOND_MS = 1000;

/**
 * Says what is being done, and for how many seconds by now, from the first second on: for work of which nobody knows how
 * far it has come. Gives what the work gives.
 *
 * @param words what it waits for, where that is known
 */
export async function whileWorking<Result>(
  stderr: World['stderr'],
  what: string,
  work: Promise<Result>,
  words: () => string = () => '',
): Promise<Result> {
  const bar = new ProgressBar(stderr, what);
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    bar.show(0, 0, `${seconds} s${words()}`);
  }, SECOND_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    bar.end();
  }
}
