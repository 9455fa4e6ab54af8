// What was read from files or other places, read again when they have changed. Whoever asks gets what is there now, and
// asks rarely: files are looked at once a second at most. Files that have become unreadable leave what was read before.

import { TrustError } from './trust-error.ts';

const LOOK_MS = 1000;

export interface FileSource<T> {
  read(): Promise<T>;
  /** Reads what will be there once that is stored which is prepared; undefined where that is known from `read`. */
  readPrepared?(): Promise<T>;
  /** A text that changes whenever the files do. */
  stamp(): Promise<string>;
  /** Whether the stamp costs nothing, so that whoever asks gets what is there in this moment. */
  readonly isLookedAtAlways?: boolean;
}

export interface FileBackedOptions<T> {
  /** Told once of each state of the files that cannot be used. */
  readonly failed: (problem: TrustError) => void;
  /** Told of what was read, whenever it was read anew. */
  readonly changed?: (value: T) => void;
}

export class FileBacked<T> {
  readonly #source: FileSource<T>;
  readonly #options: FileBackedOptions<T>;
  #value: T | undefined;
  #stamp: string | undefined;
  #problem: TrustError | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  /** What was read again and is not in force yet. */
  #reread: { readonly value: T } | undefined;

  constructor(source: FileSource<T>, options: FileBackedOptions<T>) {
    this.#source = source;
    this.#options = options;
  }

  /** The value of now. Throws TrustError as long as the files have never been usable. */
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

  /** The value that there will be once that is in force which is prepared. Throws TrustError. */
  async prepared(): Promise<T> {
    if (this.#reread !== undefined) return this.#reread.value;
    return this.#source.readPrepared?.() ?? this.current();
  }

  /** What was read last, and why what is there now cannot be used; nothing is looked at. */
  get known(): { readonly value: T | undefined; readonly problem: TrustError | undefined } {
    return { value: this.#value, problem: this.#problem };
  }

  /** Reads now, changed or not; what was read is in force when it is committed. Throws TrustError when it cannot be read. */
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
