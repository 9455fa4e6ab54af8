// The definitions of one kind while a schema is being built: found by OID or any name, each with where it stands.
// Refuses what is defined twice.

import type { Definition } from './definition.ts';
import type { SchemaProblem } from './schema-error.ts';

export interface PlacedDefinition {
  readonly definition: Definition;
  readonly file: string;
  readonly line: number;
}

export class DefinitionTable {
  readonly #what: string;
  readonly #byName = new Map<string, PlacedDefinition>();
  readonly all: PlacedDefinition[] = [];

  /** `what` is the word for one definition in error texts: `attribute type`. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Gives what is wrong with adding it, if anything. */
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

/** The first name, or the OID of what has none. */
export function nameOf(definition: Definition): string {
  return definition.fields.get('NAME')?.[0] ?? definition.id;
}
