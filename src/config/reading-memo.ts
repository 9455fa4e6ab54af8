// Caches recent readings of entries. A change reads an entry several times, and often one that the previous change
// made. Entries are immutable, so a reading is valid as long as the sources are.

import type { Sources } from '../expression/sources.ts';
import type { Entry } from '../ldap/entry.ts';
import { Memo } from '../schema/memo.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { type ObjectReading, readProperties } from './property-reader.ts';

/** About a kilobyte each: enough for what is changed at a time, little next to what is stored. */
const READINGS_MAX = 4096;

/** Cache of readings with one set of sources. */
export class ReadingMemo {
  readonly sources: Sources;
  #readings = new Memo<Entry, ObjectReading>(READINGS_MAX);

  constructor(sources: Sources) {
    this.sources = sources;
  }

  /** Reads an entry with its own definition. Values that an earlier version of the entry shares are not read again. */
  read(definition: ObjectDefinition, entry: Entry, earlier?: Entry): ObjectReading {
    const known = this.find(entry);
    if (known !== undefined) return known;
    const reading = readProperties(definition, entry, this.sources, earlier && this.find(earlier));
    this.#readings.remember(entry, reading);
    return reading;
  }

  /** Reads everything again, because the sources have more than before. */
  forget(): void {
    this.#readings = new Memo(READINGS_MAX);
  }

  /** Returns the cached reading of an entry. */
  find(entry: Entry): ObjectReading | undefined {
    return this.#readings.find(entry);
  }
}
