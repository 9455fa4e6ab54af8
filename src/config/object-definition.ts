// One kind of configuration object: its class, the place of its entries, its properties, and the rules between them.
// A definition is a plain value; `Decoded` is the typed object of an entry.

import type { Dn } from '../ldap/dn.ts';
import type { ResultCodeName } from '../ldap/result-code.ts';
import type { FieldName, PropertyDefinition, PropertyValue } from './property-definition.ts';

export interface ClassDefinition {
  readonly name: string;
  readonly oid: string;
  readonly kind: 'structural' | 'auxiliary';
}

/** Place of the entries: direct children of a container, or fixed DNs that cannot be deleted. */
export type Location = { readonly under: string } | { readonly at: readonly string[] };

/** Result of a broken rule: the property, and the words of the issue. */
export interface RuleProblem {
  readonly property: string;
  readonly problem: string;
  readonly advice?: string;
  /** Value to show if the property has several; the first by default. */
  readonly received?: string;
  /** Result code; unwillingToPerform (53) by default. */
  readonly code?: ResultCodeName;
}

/** Rule between properties of one object. It runs if all its properties are readable. */
export interface Constraint<Object> {
  readonly properties: readonly string[];
  /**
   * Returns the problem, or undefined.
   * @param isWritten Returns true if the entry has its own value for the property, not a default.
   */
  check(object: Object, isWritten: (property: string) => boolean): RuleProblem | undefined;
}

/** Reference whose target must be enabled while a condition holds for the referrer. */
export interface EnabledTarget<Object> {
  readonly property: string;
  /** Continuation of "while": `the mail server is enabled and uses TLS`. */
  readonly condition: string;
  /** Properties that the condition uses. If one is unreadable, the condition does not hold. */
  readonly properties: readonly string[];
  holds(object: Object): boolean;
}

/** Requires at least one object of a kind, enabled or not, while a condition holds for the object. */
export interface NeededKind<Object> {
  readonly kind: string;
  /** Continuation of "while": `the alert handler is enabled`. */
  readonly condition: string;
  /** Properties that the condition uses. If one is unreadable, the condition does not hold. */
  readonly properties: readonly string[];
  holds(object: Object): boolean;
}

export interface ObjectDefinition<
  Kind extends string = string,
  Properties extends readonly PropertyDefinition[] = readonly PropertyDefinition[],
> {
  /** Name of the kind: `mail-server`. */
  readonly kind: Kind;
  /** Name for people: `Mail Server`, `Mail Servers`. */
  readonly friendlyName: string;
  readonly friendlyPluralName: string;
  readonly synopsis: string;
  readonly description: string | undefined;
  readonly objectClass: ClassDefinition;
  readonly parent: ObjectDefinition | undefined;
  /** True if only sub-kinds have entries. */
  readonly abstract: boolean;
  readonly location: Location;
  /** Naming attribute; cn for most kinds. */
  readonly namingAttribute: string;
  /** Properties, inherited ones first. */
  readonly properties: Properties;
  readonly propertiesByName: ReadonlyMap<string, PropertyDefinition>;
  readonly propertiesByKey: ReadonlyMap<string, PropertyDefinition>;
  /** Properties that refer to other objects. */
  readonly references: readonly PropertyDefinition[];
  /** Properties whose values are secrets that are stored as they are. */
  readonly secrets: readonly PropertyDefinition[];
  /** Properties that are set when an object is created and never changed. */
  readonly readOnly: readonly PropertyDefinition[];
  readonly constraints: readonly Constraint<unknown>[];
  readonly enabledTargets: readonly EnabledTarget<unknown>[];
  readonly neededKinds: readonly NeededKind<unknown>[];
}

type DecodedOf<Kind, Properties extends readonly PropertyDefinition[]> = {
  readonly kind: Kind;
  /** Value of the entry's RDN. */
  readonly name: string;
  readonly dn: Dn;
} & { readonly [P in Properties[number] as FieldName<P['name']>]: PropertyValue<P> };

/** Typed object of a definition: `Decoded<typeof mailServer>`. */
export type Decoded<Definition> =
  Definition extends ObjectDefinition<infer Kind, infer Properties> ? DecodedOf<Kind, Properties> : never;

export interface ObjectDeclaration<Kind extends string, Properties extends readonly PropertyDefinition[]> {
  readonly kind: Kind;
  readonly friendlyName: string;
  readonly friendlyPluralName: string;
  readonly synopsis: string;
  readonly description?: string;
  readonly objectClass: Omit<ClassDefinition, 'kind'> & { readonly kind?: ClassDefinition['kind'] };
  readonly parent?: ObjectDefinition;
  readonly abstract?: boolean;
  readonly location: Location;
  readonly namingAttribute?: string;
  readonly properties: Properties;
  readonly constraints?: readonly Constraint<DecodedOf<NoInfer<Kind>, NoInfer<Properties>>>[];
  readonly enabledTargets?: readonly EnabledTarget<DecodedOf<NoInfer<Kind>, NoInfer<Properties>>>[];
  readonly neededKinds?: readonly NeededKind<DecodedOf<NoInfer<Kind>, NoInfer<Properties>>>[];
}

/** Declares a kind of object. */
export function defineObject<
  const Kind extends string,
  const Properties extends readonly PropertyDefinition[],
>(declaration: ObjectDeclaration<Kind, Properties>): ObjectDefinition<Kind, Properties> {
  const { properties } = declaration;
  return {
    description: undefined,
    parent: undefined,
    abstract: false,
    namingAttribute: 'cn',
    ...declaration,
    objectClass: { kind: 'structural', ...declaration.objectClass },
    propertiesByName: new Map(properties.map((property) => [property.name, property])),
    propertiesByKey: new Map(properties.map((property) => [property.key, property])),
    references: properties.filter((property) => property.type.target !== undefined),
    secrets: properties.filter(({ type }) => type.secret && !type.hashed),
    readOnly: properties.filter((property) => property.readOnly),
    // A rule only gets objects that its own definition decoded.
    constraints: (declaration.constraints ?? []) as readonly Constraint<unknown>[],
    enabledTargets: (declaration.enabledTargets ?? []) as readonly EnabledTarget<unknown>[],
    neededKinds: (declaration.neededKinds ?? []) as readonly NeededKind<unknown>[],
  };
}

/** Returns true if the definition is of this kind or a sub-kind of it. */
export function isOfKind(definition: ObjectDefinition, kind: string): boolean {
  for (let at: ObjectDefinition | undefined = definition; at !== undefined; at = at.parent) {
    if (at.kind === kind) return true;
  }
  return false;
}
