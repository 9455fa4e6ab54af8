// One configuration object as it was and as it will be, made of entries: nothing is decoded before somebody asks.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Definitions } from '../config/definitions.ts';
import type { Entry } from '../ldap/entry.ts';
import type { ObjectDifference, ObjectKinds } from '../runtime/component.ts';

/** An entry, and what it means to whoever made the difference. */
export interface MeantEntry {
  readonly entry: Entry;
  decode(): ConfigurationObject | undefined;
}

export interface DifferenceParts {
  /** The key of the entry's name. */
  readonly key: string;
  /** The key of the name it had before, where it has another one now. */
  readonly from?: string | undefined;
  /** See ObjectDifference; asked when it is looked at. */
  readonly differsInNamesOnly?: () => boolean;
  readonly definitions: Definitions;
  readonly before: MeantEntry | undefined;
  readonly after: (MeantEntry & { decodeWritten(): ConfigurationObject | undefined }) | undefined;
}

export class Difference implements ObjectDifference {
  readonly key: string;
  readonly from: string | undefined;
  readonly kinds: ObjectKinds;
  readonly #differsInNamesOnly: () => boolean;
  readonly #before: MeantEntry | undefined;
  readonly #after: DifferenceParts['after'];

  constructor({ key, from, differsInNamesOnly, definitions, before, after }: DifferenceParts) {
    this.key = key;
    this.from = from;
    this.#differsInNamesOnly = differsInNamesOnly ?? (() => false);
    const kindOf = (one: MeantEntry | undefined) => one && definitions.findForEntry(one.entry)?.kind;
    this.kinds = { before: kindOf(before), after: kindOf(after) };
    this.#before = before;
    this.#after = after;
  }

  get differsInNamesOnly(): boolean {
    return this.#differsInNamesOnly();
  }

  get before(): ConfigurationObject | undefined {
    return this.#before?.decode();
  }

  get after(): ConfigurationObject | undefined {
    return this.#after?.decode();
  }

  get written(): ConfigurationObject | undefined {
    return this.#after?.decodeWritten();
  }

  mentions(key: string): boolean {
    return [this.#before, this.#after].some((one) => one !== undefined && one.entry.peek(key).length > 0);
  }
}
