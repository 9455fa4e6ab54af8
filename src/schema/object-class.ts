// An object class as the schema defines it (RFC 4512 §4.1.1).

export type ObjectClassKind = 'abstract' | 'structural' | 'auxiliary';

export interface ObjectClass {
  readonly oid: string;
  readonly names: readonly string[];
  /** The first name in the schema's spelling; the OID of a class without names. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly text: string | undefined;
  readonly kind: ObjectClassKind;
  /** The direct superiors. */
  readonly superiors: readonly ObjectClass[];
  /** Everything an object of this class is: superiors of superiors first, this class last. */
  readonly lineage: ReadonlySet<ObjectClass>;
  /** Keys of attribute types, those of all superiors included. */
  readonly must: ReadonlySet<string>;
  readonly may: ReadonlySet<string>;
  readonly obsolete: boolean;
  /** RFC 4512 text, as cn=schema shows it. */
  readonly definition: string;
}
