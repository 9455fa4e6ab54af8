// A password, PIN or key. Every conversion to text gives stars. Only `reveal` returns the value, so that a search
// for that word finds all uses.

import { inspect } from 'node:util';
import { SECRET_STARS } from '../ldap/issue.ts';

/** A secret that is not printed by accident. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return SECRET_STARS;
  }

  toJSON(): string {
    return SECRET_STARS;
  }

  [inspect.custom](): string {
    return SECRET_STARS;
  }
}
