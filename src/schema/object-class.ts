// An object class as the schema defines it (RFC 4512 §4.1.1). Inherited attributes are collected at the first
// use, so that long chains of classes do not cost memory that nobody needs.

export type ObjectClassKind = 'abstract' | 'structural' | 'auxiliary';

/** The facts of one class definition, without inherited ones. */
export interface ObjectClassFacts {
  readonly oid: string;
  readonly names: readonly string[];
  /** First name, in the schema's spelling; the OID of a class without names. */
  readonly name: string;
  readonly text: string | undefined;
  readonly kind: ObjectClassKind;
  /** Direct superiors. */
  readonly superiors: readonly ObjectClass[];
  /** Keys of required attribute types, without inherited ones. */
  readonly ownMust: ReadonlySet<string>;
  readonly ownMay: ReadonlySet<string>;
  readonly obsolete: boolean;
  /** Definition text as in cn=schema (RFC 4512 §4.1.1). */
  readonly definition: string;
}

/** An object class with its inherited attributes. */
export class ObjectClass implements ObjectClassFacts {
  readonly oid: string;
  readonly names: readonly string[];
  readonly name: string;
  /** Name in lower case. */
  readonly key: string;
  readonly text: string | undefined;
  readonly kind: ObjectClassKind;
  readonly superiors: readonly ObjectClass[];
  readonly ownMust: ReadonlySet<string>;
  readonly ownMay: ReadonlySet<string>;
  readonly obsolete: boolean;
  readonly definition: string;
  #lineage: ReadonlySet<ObjectClass> | undefined;
  #must: ReadonlySet<string> | undefined;
  #may: ReadonlySet<string> | undefined;

  constructor(facts: ObjectClassFacts) {
    this.oid = facts.oid;
    this.names = facts.names;
    this.name = facts.name;
    this.key = facts.name.toLowerCase();
    this.text = facts.text;
    this.kind = facts.kind;
    this.superiors = facts.superiors;
    this.ownMust = facts.ownMust;
    this.ownMay = facts.ownMay;
    this.obsolete = facts.obsolete;
    this.definition = facts.definition;
  }

  /** All superiors and the class itself; superiors come first. */
  get lineage(): ReadonlySet<ObjectClass> {
    this.#lineage ??= lineageOf(this);
    return this.#lineage;
  }

  /** Keys of required attribute types, including inherited ones. */
  get must(): ReadonlySet<string> {
    this.#must ??= new Set([...this.lineage].flatMap(({ ownMust }) => [...ownMust]));
    return this.#must;
  }

  get may(): ReadonlySet<string> {
    this.#may ??= new Set([...this.lineage].flatMap(({ ownMay }) => [...ownMay]));
    return this.#may;
  }
}

/** Returns the superiors and the class. Uses its own stack: a long chain must not overflow the call stack. */
function lineageOf(objectClass: ObjectClass): ReadonlySet<ObjectClass> {
  const lineage = new Set<ObjectClass>();
  const stack = [{ one: objectClass, next: 0 }];
  const seen = new Set([objectClass]);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const superior = top.one.superiors[top.next];
    top.next += 1;
    if (superior === undefined) {
      lineage.add(top.one);
      stack.pop();
    } else if (!seen.has(superior)) {
      seen.add(superior);
      stack.push({ one: superior, next: 0 });
    }
  }
  return lineage;
}

/**
 * Returns the most specific structural class, the value of structuralObjectClass (RFC 4512 §3.4.6). Returns
 * undefined if there is none, or if the structural classes are not one chain.
 */
export function findStructuralClass(
  schema: { findObjectClass(name: string): ObjectClass | undefined },
  values: readonly string[],
): ObjectClass | undefined {
  const classes = values.map((value) => schema.findObjectClass(value)).filter((found) => found !== undefined);
  return mostSpecial(classes);
}

/** Returns the structural class that has all other structural ones above it; undefined if there is none. */
export function mostSpecial(classes: readonly ObjectClass[]): ObjectClass | undefined {
  const structural = classes.filter(({ kind }) => kind === 'structural');
  return structural.find((candidate) => structural.every((other) => candidate.lineage.has(other)));
}
