// Caches results derived from texts that clients send, within limits. It has two generations: the older one is
// dropped when the younger is full. A used entry moves to the younger one and survives.

/** Bounded cache with text keys. */
export class Memo<Value> {
  readonly #generationMax: number;
  readonly #textLengthMax: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /**
   * @param sizeMax Maximum number of cached texts. @param textLengthMax Longest text that is cached, in
   * characters.
   */
  constructor(sizeMax: number, textLengthMax: number) {
    this.#generationMax = Math.ceil(sizeMax / 2);
    this.#textLengthMax = textLengthMax;
  }

  find(text: string): Value | undefined {
    const value = this.#young.get(text);
    if (value !== undefined) return value;
    const older = this.#old.get(text);
    if (older !== undefined) this.remember(text, older);
    return older;
  }

  remember(text: string, value: Value): void {
    if (text.length > this.#textLengthMax) return;
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, value);
  }
}
