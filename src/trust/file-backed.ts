// What was read from files or other places, read again when they have changed. Whoever asks gets what is there now, and
// asks rarely: files are looked at once a second at most. Files that have become unreadable leave what was read before.

import { TrustError } from './trust-error.ts';

const LOOK_MS = 1000;

export interface FileSource<T> {
  read(): Promise<T>;
  /** A text that changes whenever the files do. */
  stamp(): Promise<string>;
}

export class FileBacked<T> {
  readonly #source: FileSource<T>;
  readonly #report: (problem: TrustError) => void;
  #value: T | undefined;
  #stamp: string | undefined;
  #problem: TrustError | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  /** @param report is told once of each state of the files that cannot be used. */
  constructor(source: FileSource<T>, report: (problem: TrustError) => void) {
    this.#source = source;
    this.#report = report;
  }

  /** The value of now. Throws TrustError as long as the files have never been usable. */
  async current(): Promise<T> {
    if (performance.now() - this.#lookedAt >= LOOK_MS) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    if (this.#value === undefined) throw this.#problem ?? new TrustError('Nothing was read yet.');
    return this.#value;
  }

  /** What was read last, and why what is there now cannot be used; nothing is looked at. */
  get known(): { readonly value: T | undefined; readonly problem: TrustError | undefined } {
    return { value: this.#value, problem: this.#problem };
  }

  /** Reads now, changed or not; what it returns puts in force what was read. Throws TrustError when it cannot be. */
  async reread(): Promise<() => void> {
    const stamp = await this.#source.stamp().catch((error: unknown) => String(error));
    const value = await this.#source.read();
    return () => {
      this.#stamp = stamp;
      this.#value = value;
      this.#problem = undefined;
      this.#lookedAt = performance.now();
    };
  }

  async #look(): Promise<void> {
    const stamp = await this.#source.stamp().catch((error: unknown) => String(error));
    if (stamp !== this.#stamp) await this.#read(stamp);
    this.#lookedAt = performance.now();
  }

  async #read(stamp: string): Promise<void> {
    this.#stamp = stamp;
    try {
      this.#value = await this.#source.read();
      this.#problem = undefined;
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      this.#problem = error;
      this.#report(error);
    }
  }
}
