// The definitions of one kind while a schema is built, found by OID or any name, each with its file and line.
// Refuses duplicates.

import type { Definition } from './definition.ts';
import type { SchemaProblem } from './schema-error.ts';

export interface PlacedDefinition {
  readonly definition: Definition;
  readonly file: string;
  readonly line: number;
}

/** Table of the definitions of one kind, such as all attribute types. */
export class DefinitionTable {
  readonly #what: string;
  readonly #byName = new Map<string, PlacedDefinition>();
  readonly all: PlacedDefinition[] = [];

  /** @param what The noun for one definition in error messages: `attribute type`. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Adds a definition and returns the problems; an empty list if it is new. */
  add(placed: PlacedDefinition): readonly SchemaProblem[] {
    const { definition, file, line } = placed;
    const problems: SchemaProblem[] = [];
    for (const name of [definition.id, ...(definition.fields.get('NAME') ?? [])]) {
      const other = this.find(name);
      if (other === undefined) {
        this.#byName.set(name.toLowerCase(), placed);
        continue;
      }
      const where = other === placed ? 'names it twice' : `is defined in ${other.file}:${other.line} already`;
      problems.push({ file, line, problem: `the ${this.#what} ${name} ${where}` });
    }
    if (problems.length === 0) this.all.push(placed);
    return problems;
  }

  find(nameOrOid: string): PlacedDefinition | undefined {
    return this.#byName.get(nameOrOid.toLowerCase());
  }
}

/** Returns the first name of a definition, or its OID if it has no name. */
export function nameOf(definition: Definition): string {
  return definition.fields.get('NAME')?.[0] ?? definition.id;
}
