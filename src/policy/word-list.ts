// A list of words that passwords are compared with.

import { type PasswordProblem, plainText } from './new-password.ts';

export interface WordRules {
  readonly isCaseSensitive: boolean;
  /** True if the password is also compared from its end to its beginning. */
  readonly reversed: boolean;
  /** Parts of the password of at least so many characters count too; undefined for the whole password only. */
  readonly partCharactersMin: number | undefined;
}

/** The words of a list, prepared for comparisons. */
export class WordList {
  readonly #words: ReadonlySet<string>;
  readonly #longest: number;
  readonly #rules: WordRules;

  /** @param text one word a line */
  constructor(text: string, rules: WordRules) {
    this.#rules = rules;
    this.#words = new Set(
      text
        .split('\n')
        .map((line) => this.#folded(line.replace(/\r$/, '')))
        .filter((word) => word !== ''),
    );
    this.#longest = Math.max(0, ...Array.from(this.#words, (word) => word.length));
  }

  /** Returns the problem of a password that is in the list. */
  problemOf(password: string): PasswordProblem | undefined {
    const text = this.#folded(password);
    const texts = this.#rules.reversed ? [text, [...text].toReversed().join('')] : [text];
    if (texts.some((one) => this.#words.has(one)))
      return { problem: 'is in the list of words that passwords may not be', advice: ADVICE };
    const { partCharactersMin } = this.#rules;
    if (partCharactersMin === undefined || !texts.some((one) => this.#hasPart(one, partCharactersMin)))
      return undefined;
    return { problem: 'has a part that is in the list of words that passwords may not have', advice: ADVICE };
  }

  #hasPart(text: string, least: number): boolean {
    for (let start = 0; start + least <= text.length; start++) {
      const end = Math.min(text.length, start + this.#longest);
      for (let stop = start + least; stop <= end; stop++)
        if (this.#words.has(text.slice(start, stop))) return true;
    }
    return false;
  }

  #folded(text: string): string {
    const normal = plainText(text);
    return this.#rules.isCaseSensitive ? normal : normal.toLowerCase();
  }
}

const ADVICE = 'Choose a password that is no common word, such as several words together.';
