// Caches derived results, within limits. It has two generations: the older one is dropped when the younger is full. A used
// result moves to the younger one and survives.

/** Bounded cache. */
export class Memo<Key, Value> {
  readonly #generationMax: number;
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** @param sizeMax Maximum number of cached results. */
  constructor(sizeMax: number) {
    this.#generationMax = Math.ceil(sizeMax / 2);
  }

  /** Returns the cached result for the key, which then survives another generation. */
  find(key: Key): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.remember(key, older);
    return older;
  }

  remember(key: Key, value: Value): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}

/** Bounded cache with text keys, for texts that clients send. */
export class TextMemo<Value> extends Memo<string, Value> {
  readonly #textLengthMax: number;

  /** @param textLengthMax Longest text that is cached, in characters. */
  constructor(sizeMax: number, textLengthMax: number) {
    super(sizeMax);
    this.#textLengthMax = textLengthMax;
  }

  override remember(text: string, value: Value): void {
    if (text.length <= this.#textLengthMax) super.remember(text, value);
  }
}
