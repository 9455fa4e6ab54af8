// An object class as the schema defines it (RFC 4512 §4.1.1). What it inherits is collected when somebody first asks: a
// schema of many classes that are built on each other costs what it says, not what each of them comes to.

export type ObjectClassKind = 'abstract' | 'structural' | 'auxiliary';

/** What the definition of the class itself says. */
export interface ObjectClassFacts {
  readonly oid: string;
  readonly names: readonly string[];
  /** The first name in the schema's spelling; the OID of a class without names. */
  readonly name: string;
  readonly text: string | undefined;
  readonly kind: ObjectClassKind;
  /** The direct superiors. */
  readonly superiors: readonly ObjectClass[];
  /** Keys of attribute types, without those of superiors. */
  readonly ownMust: ReadonlySet<string>;
  readonly ownMay: ReadonlySet<string>;
  readonly obsolete: boolean;
  /** RFC 4512 text, as cn=schema shows it. */
  readonly definition: string;
}

export class ObjectClass implements ObjectClassFacts {
  readonly oid: string;
  readonly names: readonly string[];
  readonly name: string;
  /** The name in lower case. */
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

  /** Everything an object of this class is: superiors of superiors first, this class last. */
  get lineage(): ReadonlySet<ObjectClass> {
    this.#lineage ??= lineageOf(this);
    return this.#lineage;
  }

  /** Keys of attribute types, those of all superiors included. */
  get must(): ReadonlySet<string> {
    this.#must ??= new Set([...this.lineage].flatMap(({ ownMust }) => [...ownMust]));
    return this.#must;
  }

  get may(): ReadonlySet<string> {
    this.#may ??= new Set([...this.lineage].flatMap(({ ownMay }) => [...ownMay]));
    return this.#may;
  }
}

/** With a stack of its own: a long chain does not overflow the program's. */
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
