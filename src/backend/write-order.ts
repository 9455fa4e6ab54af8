// The order of changes that one client sends. Hashing a password takes a while, and changes behind it may need what it makes
// or takes away: they wait for it, and only for that. Hashes of several changes are computed side by side.

export class WriteOrder {
  /** Settled when all that came so far was handed on; undefined when nothing waits. */
  #last: Promise<unknown> | undefined;

  /**
   * Makes ready and then hands on, after whatever came before. `ready` begins at once.
   * @param ready what a change needs before it has its turn; rejects with what refuses the change
   * @param handOn is called in the order of the calls of this function; what it returns is not waited for by others
   */
  run<T, U>(ready: T | Promise<T>, handOn: (value: T) => Promise<U>): Promise<U> {
    const last = this.#last;
    if (last === undefined && !(ready instanceof Promise)) return handOn(ready);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    const handedOn = settled(ready, last).then(handOn);
    void settled(ready, last)
      .catch(() => {})
      .then(() => {
        if (this.#last === promise) this.#last = undefined;
        resolve();
      });
    return handedOn;
  }
}

/** Waits for both; a change that is refused before its turn is refused when it has its turn. */
async function settled<T>(ready: T | Promise<T>, last: Promise<unknown> | undefined): Promise<T> {
  const made = Promise.resolve(ready);
  made.catch(() => {});
  await last;
  return made;
}
