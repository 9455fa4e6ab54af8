// A password, PIN or key. Every way of turning it into text gives stars; the value comes out only where code says
// `reveal`, so that a search for that word finds every place that sees one.

import { inspect } from 'node:util';
import { SECRET_STARS } from '../ldap/issue.ts';

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
