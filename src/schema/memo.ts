// Remembers what was derived from texts that clients send, within bounds: two generations, of which the older is
// forgotten when the younger is full. What is in use moves to the younger one and survives.

export class Memo<Value> {
  readonly #generationMax: number;
  readonly #textLengthMax: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** `sizeMax`: how many texts are remembered at most; texts longer than `textLengthMax` characters are not. */
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
