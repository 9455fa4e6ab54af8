// Readings of entries that were looked at lately. A change looks at an entry from several sides, and often at the
// one the change before it made; entries never change, so a reading stays true as long as the sources do.

import type { Sources } from '../expression/sources.ts';
import type { Entry } from '../ldap/entry.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { type ObjectReading, readProperties } from './property-reader.ts';

/** Two generations of so many, about a kilobyte each: enough for what is changed at a time, little next to what is stored. */
const GENERATION_MAX = 2048;

export class ReadingMemo {
  readonly sources: Sources;
  #young = new Map<Entry, ObjectReading>();
  #old = new Map<Entry, ObjectReading>();

  constructor(sources: Sources) {
    this.sources = sources;
  }

  /** The definition must be the entry's own. What an earlier version of the entry has as well is not read again. */
  read(definition: ObjectDefinition, entry: Entry, earlier?: Entry): ObjectReading {
    const known = this.#young.get(entry);
    if (known !== undefined) return known;
    const reading =
      this.#old.get(entry) ?? readProperties(definition, entry, this.sources, earlier && this.find(earlier));
    if (this.#young.size >= GENERATION_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(entry, reading);
    return reading;
  }

  /** The reading of an entry, if it was read lately. */
  find(entry: Entry): ObjectReading | undefined {
    return this.#young.get(entry) ?? this.#old.get(entry);
  }
}
