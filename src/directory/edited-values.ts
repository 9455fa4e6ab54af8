// The values of one attribute during an edit, by their normal form. The cost of many changes in one request
// grows with the changes, not with the number of values.

import type { AttributeType } from '../schema/attribute-type.ts';
import { normalizeValue } from '../schema/normal-value.ts';

/** Ordered values of one attribute; adding and deleting take constant time. */
export class EditedValues {
  readonly #type: AttributeType;
  readonly #values = new Map<string, string>();

  constructor(type: AttributeType, values: readonly string[]) {
    this.#type = type;
    for (const value of values) {
      // A replace may contain equal values. The check of the entry refuses them.
      const isRepeated = !this.add(value);
      if (isRepeated) this.#values.set(`${value}\0${this.#values.size}`, value);
    }
  }

  get values(): string[] {
    return [...this.#values.values()];
  }

  /** Adds a value. Returns false if an equal one is already there. */
  add(value: string): boolean {
    const size = this.#values.size;
    const normal = normalizeValue(this.#type, value);
    if (!this.#values.has(normal)) this.#values.set(normal, value);
    return this.#values.size > size;
  }

  /** Deletes a value. Returns false if it is not there. */
  delete(value: string): boolean {
    return this.#values.delete(normalizeValue(this.#type, value));
  }
}
