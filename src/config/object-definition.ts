// One kind of configuration object: its class, where its entries live, its properties, and the rules that hold
// between them. A definition is a plain value; `Decoded` is the typed object that an entry of it becomes.

import type { Dn } from '../ldap/dn.ts';
import type { ResultCodeName } from '../ldap/result-code.ts';
import type { FieldName, PropertyDefinition, PropertyValue } from './property-definition.ts';

export interface ClassDefinition {
  readonly name: string;
  readonly oid: string;
  readonly kind: 'structural' | 'auxiliary';
}

/** Where entries live: directly under one container, or at fixed places, where they may not be deleted. */
export type Location = { readonly under: string } | { readonly at: readonly string[] };

/** What a rule found: the property to name, and the words of the issue. */
export interface RuleProblem {
  readonly property: string;
  readonly problem: string;
  readonly advice?: string;
  /** The value to show, of a property with several; the first unless said otherwise. */
  readonly received?: string;
  /** Unwilling to perform (53) unless the rule says otherwise. */
  readonly code?: ResultCodeName;
}

/** A rule between properties of one object; it runs when every property it looks at could be read. */
export interface Constraint<Object> {
  readonly properties: readonly string[];
  /** @param isWritten whether the entry has a value of its own for the property, rather than a default. */
  check(object: Object, isWritten: (property: string) => boolean): RuleProblem | undefined;
}

/** A reference whose target must be enabled while the referring object is in a certain state. */
export interface EnabledTarget<Object> {
  readonly property: string;
  /** To follow "while": `the mail server is enabled and uses TLS`. */
  readonly condition: string;
  /** The properties the condition looks at; with one of them unreadable it counts as not holding. */
  readonly properties: readonly string[];
  holds(object: Object): boolean;
}

/** At least one object of a kind must exist, enabled or not, while the object that needs it is in a certain state. */
export interface NeededKind<Object> {
  readonly kind: string;
  /** To follow "while": `the alert handler is enabled`. */
  readonly condition: string;
  /** The properties the condition looks at; with one of them unreadable it counts as not holding. */
  readonly properties: readonly string[];
  holds(object: Object): boolean;
}

export interface ObjectDefinition<
  Kind extends string = string,
  Properties extends readonly PropertyDefinition[] = readonly PropertyDefinition[],
> {
  /** `mail-server`. */
  readonly kind: Kind;
  /** `Mail Server`, `Mail Servers`: for people. */
  readonly friendlyName: string;
  readonly friendlyPluralName: string;
  readonly synopsis: string;
  readonly description: string | undefined;
  readonly objectClass: ClassDefinition;
  readonly parent: ObjectDefinition | undefined;
  /** An abstract kind has no entries of its own, only those of its sub-kinds. */
  readonly abstract: boolean;
  readonly location: Location;
  /** The attribute that entries are named by: cn but for a few. */
  readonly namingAttribute: string;
  /** Inherited ones first. */
  readonly properties: Properties;
  readonly propertiesByName: ReadonlyMap<string, PropertyDefinition>;
  readonly propertiesByKey: ReadonlyMap<string, PropertyDefinition>;
  /** The properties that refer to other objects. */
  readonly references: readonly PropertyDefinition[];
  /** Those that are given when an object is created, and stay as they were given. */
  readonly readOnly: readonly PropertyDefinition[];
  readonly constraints: readonly Constraint<unknown>[];
  readonly enabledTargets: readonly EnabledTarget<unknown>[];
  readonly neededKinds: readonly NeededKind<unknown>[];
}

type DecodedOf<Kind, Properties extends readonly PropertyDefinition[]> = {
  readonly kind: Kind;
  /** The value of the entry's RDN. */
  readonly name: string;
  readonly dn: Dn;
} & { readonly [P in Properties[number] as FieldName<P['name']>]: PropertyValue<P> };

/** The typed object of a definition: `Decoded<typeof mailServer>`. */
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
    readOnly: properties.filter((property) => property.readOnly),
    // A rule is only ever given objects decoded by the definition it belongs to.
    constraints: (declaration.constraints ?? []) as readonly Constraint<unknown>[],
    enabledTargets: (declaration.enabledTargets ?? []) as readonly EnabledTarget<unknown>[],
    neededKinds: (declaration.neededKinds ?? []) as readonly NeededKind<unknown>[],
  };
}

/** Whether the kind is this one or a sub-kind of it. */
export function isOfKind(definition: ObjectDefinition, kind: string): boolean {
  for (let at: ObjectDefinition | undefined = definition; at !== undefined; at = at.parent) {
    if (at.kind === kind) return true;
  }
  return false;
}
