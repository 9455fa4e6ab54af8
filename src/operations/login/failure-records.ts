// How often logins have failed, by some key; the oldest records make room for new ones.

export interface FailureRecord {
  failures: number;
  lastAt: number;
  /** All is refused until then; 0: nothing is. */
  refusedUntil: number;
  /** Each login waits so long for the one before it. */
  delayMs: number;
  /** The next login may be tried then. */
  nextAt: number;
}

export class FailureRecords {
  readonly #max: number;
  readonly #records = new Map<string, FailureRecord>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#records.size;
  }

  find(key: string, now: number, forgetMs: number): FailureRecord | undefined {
    const record = this.#records.get(key);
    if (record === undefined) return undefined;
    if (now < record.refusedUntil || now - record.lastAt < forgetMs) return record;
    this.#records.delete(key);
    return undefined;
  }

  /** The record to count in, which becomes the newest. */
  record(key: string, now: number, forgetMs: number): FailureRecord {
    const record = this.find(key, now, forgetMs) ?? {
      failures: 0,
      lastAt: now,
      refusedUntil: 0,
      delayMs: 0,
      nextAt: now,
    };
    this.#records.delete(key);
    if (this.#records.size >= this.#max) this.#dropOldest();
    this.#records.set(key, record);
    return record;
  }

  forget(key: string): void {
    this.#records.delete(key);
  }

  #dropOldest(): void {
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest);
      return;
    }
  }
}
