// One property of a configuration object, declared once: from it come its LDAP attribute, how its values are read
// and checked, what its change asks for, and every page and message that speaks of it.

import type { PropertyType } from './property-type.ts';

export type AdminActionKind = 'none' | 'component-restart' | 'server-restart';

/** What an administrator must do before a change takes effect; `none` may carry a note too. */
export interface AdminAction {
  readonly kind: AdminActionKind;
  /** A sentence, with its full stop. */
  readonly note?: string;
}

/** Values as they would be written, or what happens without any, in words; undefined: nothing. */
export type PropertyDefault = readonly string[] | { readonly behaviour: string } | undefined;

/** Other default values while another property (declared earlier) has a certain canonical value. */
export interface ConditionalDefault {
  readonly property: string;
  readonly is: string;
  readonly values: readonly string[];
}

export interface PropertyDefinition<T = unknown> {
  /** `auth-password`. */
  readonly name: string;
  /** The name in typed objects: `authPassword`. */
  readonly field: string;
  /** The LDAP attribute: `ds-cfg-auth-password`. */
  readonly attribute: string;
  /** The attribute in lower case. */
  readonly key: string;
  /** The attribute's OID; undefined when another schema file defines the attribute. */
  readonly oid: string | undefined;
  readonly type: PropertyType<T>;
  readonly default: PropertyDefault;
  readonly defaultWhen: ConditionalDefault | undefined;
  /** What the default values mean; empty where there are none. */
  readonly defaultReading: DefaultReading;
  readonly defaultReadingWhen: DefaultReading;
  /** In words, a sentence without its full stop. */
  readonly allowed: string;
  readonly multiValued: boolean;
  /** Whether the attribute's definition lets it have several values although the property does not, as OpenDJ's may. */
  readonly multiValuedAttribute: boolean;
  readonly operationalAttribute: boolean;
  readonly required: boolean;
  /** Set when the object is created and never changed afterwards. */
  readonly readOnly: boolean;
  readonly advanced: boolean;
  readonly adminAction: AdminAction;
  /** One sentence. */
  readonly synopsis: string;
  readonly description: string | undefined;
}

/** Default values, typed and in canonical text. */
export interface DefaultReading {
  readonly values: readonly unknown[];
  readonly texts: readonly string[];
}

/** What a declaration says; the rest has the usual value: optional, single-valued, basic, without admin action. */
export interface PropertyFacts<T = unknown> {
  readonly name: string;
  readonly type: PropertyType<T>;
  readonly synopsis: string;
  readonly oid?: string;
  readonly attribute?: string;
  readonly description?: string;
  readonly default?: readonly string[] | { readonly behaviour: string };
  readonly defaultWhen?: ConditionalDefault;
  readonly allowed?: string;
  readonly multiValued?: boolean;
  readonly multiValuedAttribute?: boolean;
  readonly operationalAttribute?: boolean;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly advanced?: boolean;
  readonly adminAction?: AdminAction;
}

/** Declares a property, throws when its own default is not allowed; the type keeps what was said, so that typed objects know what may be absent. */
export function property<const Facts extends PropertyFacts>(facts: Facts): PropertyDefinition & Facts {
  const attribute = facts.attribute ?? `ds-cfg-${facts.name}`;
  const complete: PropertyDefinition = {
    oid: undefined,
    default: undefined,
    defaultWhen: undefined,
    description: undefined,
    allowed: facts.type.allowed,
    multiValued: false,
    multiValuedAttribute: facts.multiValued ?? false,
    operationalAttribute: false,
    required: false,
    readOnly: false,
    advanced: false,
    adminAction: { kind: 'none' },
    ...facts,
    defaultReading: readDefault(facts, facts.default),
    defaultReadingWhen: readDefault(facts, facts.defaultWhen?.values),
    attribute,
    field: fieldName(facts.name),
    key: attribute.toLowerCase(),
  };
  return complete as PropertyDefinition & Facts;
}

function readDefault({ name, type }: PropertyFacts, given: PropertyDefault): DefaultReading {
  const texts = given === undefined || 'behaviour' in given ? [] : given;
  const values = texts.map((text) => {
    const parsed = type.parse(text);
    if (parsed.problem === undefined) return parsed.value;
    throw new Error(`The default ${JSON.stringify(text)} of ${name} ${parsed.problem}.`);
  });
  return { values, texts: values.map((value) => type.format(value)) };
}

/** `use-start-tls` as `useStartTls`. */
export type FieldName<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<FieldName<Tail>>}`
  : Name;

function fieldName(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** What a typed object holds for a property: a list, a value, or a value that may be absent. */
export type PropertyValue<P> = P extends { readonly type: PropertyType<infer T> }
  ? P extends { readonly multiValued: true }
    ? readonly T[]
    : P extends { readonly required: true } | { readonly default: readonly string[] }
      ? T
      : T | undefined
  : never;
