// A value read from files or other sources, which is read again when they change. Files are checked at most
// once a second, when the value is used. If they become unreadable, the last value stays.

import { TrustError } from './trust-error.ts';

const LOOK_MS = 1000;

export interface FileSource<T> {
  read(): Promise<T>;
  /** Reads the value after the prepared changes; undefined if `read` already returns that. */
  readPrepared?(): Promise<T>;
  /** Returns a text that changes whenever the files do. */
  stamp(): Promise<string>;
  /** True if the stamp costs nothing, so that it is checked at every use. */
  readonly isLookedAtAlways?: boolean;
}

export interface FileBackedOptions<T> {
  /** Called once for each state of the files that cannot be used. */
  readonly failed: (problem: TrustError) => void;
  /** Called with the value whenever it was read again. */
  readonly changed?: (value: T) => void;
}

/** A value that follows its files. */
export class FileBacked<T> {
  readonly #source: FileSource<T>;
  readonly #options: FileBackedOptions<T>;
  #value: T | undefined;
  #stamp: string | undefined;
  #problem: TrustError | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  /** Value that was read again and is not committed yet. */
  #reread: { readonly value: T } | undefined;

  constructor(source: FileSource<T>, options: FileBackedOptions<T>) {
    this.#source = source;
    this.#options = options;
  }

  /** Returns the present value. Throws TrustError as long as the files have never been usable. */
  async current(): Promise<T> {
    if (this.#source.isLookedAtAlways === true || performance.now() - this.#lookedAt >= LOOK_MS) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    if (this.#value === undefined) throw this.#problem ?? new TrustError('Nothing was read yet.');
    return this.#value;
  }

  /** Returns the value after the prepared changes. Throws TrustError. */
  async prepared(): Promise<T> {
    if (this.#reread !== undefined) return this.#reread.value;
    return this.#source.readPrepared?.() ?? this.current();
  }

  /** The last value, and the error of the last read. Reads nothing. */
  get known(): { readonly value: T | undefined; readonly problem: TrustError | undefined } {
    return { value: this.#value, problem: this.#problem };
  }

  /** Reads now, changed or not. The value takes effect at commit. Throws TrustError if it cannot be read. */
  async reread(): Promise<{ commit(): void; abort(): void }> {
    const stamp = await this.#source.stamp().catch((error: unknown) => String(error));
    const value = await (this.#source.readPrepared?.() ?? this.#source.read());
    this.#reread = { value };
    const abort = () => {
      this.#reread = undefined;
    };
    const commit = () => {
      this.#reread = undefined;
      this.#stamp = stamp;
      this.#value = value;
      this.#problem = undefined;
      this.#lookedAt = performance.now();
      this.#options.changed?.(value);
    };
    return { commit, abort };
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
      this.#options.failed(error);
      return;
    }
    this.#options.changed?.(this.#value);
  }
}
