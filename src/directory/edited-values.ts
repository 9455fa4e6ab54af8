// The values of one attribute while they are added to and deleted from, by their normal form: many changes of one
// attribute in one request cost what they change, not each of them what the attribute has.

import type { AttributeType } from '../schema/attribute-type.ts';
import { normalizeValue } from '../schema/normal-value.ts';

export class EditedValues {
  readonly #type: AttributeType;
  readonly #values = new Map<string, string>();

  constructor(type: AttributeType, values: readonly string[]) {
    this.#type = type;
    for (const value of values) {
      // A request may have replaced values by some that are equal, which is refused when the entry is checked.
      const isRepeated = !this.add(value);
      if (isRepeated) this.#values.set(`${value}\0${this.#values.size}`, value);
    }
  }

  get values(): string[] {
    return [...this.#values.values()];
  }

  /** Whether it was not there. */
  add(value: string): boolean {
    const size = this.#values.size;
    const normal = normalizeValue(this.#type, value);
    if (!this.#values.has(normal)) this.#values.set(normal, value);
    return this.#values.size > size;
  }

  /** Whether it was there. */
  delete(value: string): boolean {
    return this.#values.delete(normalizeValue(this.#type, value));
  }
}
