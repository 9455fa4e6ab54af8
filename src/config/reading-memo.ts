// Readings of entries that were looked at lately. A change looks at an entry from several sides, and often at the
// one the change before it made; entries never change, so a reading stays true as long as the sources do.

import type { Sources } from '../expression/sources.ts';
import type { Entry } from '../ldap/entry.ts';
import { Memo } from '../schema/memo.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { type ObjectReading, readProperties } from './property-reader.ts';

/** About a kilobyte each: enough for what is changed at a time, little next to what is stored. */
const READINGS_MAX = 4096;

export class ReadingMemo {
  readonly sources: Sources;
  readonly #readings = new Memo<Entry, ObjectReading>(READINGS_MAX);

  constructor(sources: Sources) {
    this.sources = sources;
  }

  /** The definition must be the entry's own. What an earlier version of the entry has as well is not read again. */
  read(definition: ObjectDefinition, entry: Entry, earlier?: Entry): ObjectReading {
    const known = this.find(entry);
    if (known !== undefined) return known;
    const reading = readProperties(definition, entry, this.sources, earlier && this.find(earlier));
    this.#readings.remember(entry, reading);
    return reading;
  }

  /** The reading of an entry, if it was read lately. */
  find(entry: Entry): ObjectReading | undefined {
    return this.#readings.find(entry);
  }
}
