// Reports that rights may have changed, to whoever shows something for longer than one answer. Commits and reloads make several
// changes at once: they are reported once, when all of them are made.

export interface RightsListener {
  changed(): void;
  /** It has thrown, and hears nothing more. */
  failed(error: unknown): void;
}

export class RightsChanges {
  readonly #listeners = new Set<RightsListener>();
  #isDue = false;

  /** Returns how to stop. */
  listen(listener: RightsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notes a change. */
  changed(): void {
    if (this.#isDue || this.#listeners.size === 0) return;
    this.#isDue = true;
    queueMicrotask(() => this.#report());
  }

  #report(): void {
    this.#isDue = false;
    for (const listener of this.#listeners) {
      try {
        listener.changed();
      } catch (error) {
        this.#listeners.delete(listener);
        listener.failed(error);
      }
    }
  }
}
