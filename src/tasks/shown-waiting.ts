// Shows in the entry of a task about mail what it waits for. Most steps take a moment, and are not shown.

import { type Asked, wordsFor } from '../mail/smtp/asked.ts';
import type { TaskContext } from './task-kind.ts';

const ATTRIBUTE = 'ds-task-mail-waits-for';
const MOMENT_MS = 1000;

export class ShownWaiting {
  readonly #task: Pick<TaskContext, 'show'>;
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(task: Pick<TaskContext, 'show'>) {
    this.#task = task;
  }

  /** Takes what the task waits for now; undefined: nothing. */
  readonly show = (asked: Asked | undefined): void => {
    clearTimeout(this.#timer);
    if (asked === undefined) {
      if (this.#isShown) this.#task.show({ [ATTRIBUTE]: [] });
      this.#isShown = false;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#isShown = true;
      this.#task.show({ [ATTRIBUTE]: [wordsFor(asked)] });
    }, MOMENT_MS);
  };

  end(): void {
    this.show(undefined);
  }
}
