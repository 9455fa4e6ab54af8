// One property of a configuration object. Its single declaration determines the LDAP attribute, reading and checking
// of values, the admin action, and all pages and messages about it.

import { BrokenInvariant } from '../files/program-error.ts';
import type { PropertyType } from './property-type.ts';

export type AdminActionKind = 'none' | 'component-restart' | 'server-restart';

/** Action that an administrator must take before a change takes effect. `none` may have a note too. */
export interface AdminAction {
  readonly kind: AdminActionKind;
  /** Sentence with its full stop. */
  readonly note?: string;
}

/** Default values in stored form, or the behaviour without a value, in words; undefined for nothing. */
export type PropertyDefault = readonly string[] | { readonly behaviour: string } | undefined;

/** Other default values while a property declared earlier has a certain canonical value. */
export interface ConditionalDefault {
  readonly property: string;
  readonly is: string;
  readonly values: readonly string[];
}

export interface PropertyDefinition<T = unknown> {
  /** Property name: `auth-password`. */
  readonly name: string;
  /** Name in typed objects: `authPassword`. */
  readonly field: string;
  /** LDAP attribute: `ds-cfg-auth-password`. */
  readonly attribute: string;
  /** Attribute in lower case. */
  readonly key: string;
  /** OID of the attribute; undefined if another schema file defines it. */
  readonly oid: string | undefined;
  readonly type: PropertyType<T>;
  readonly default: PropertyDefault;
  readonly defaultWhen: ConditionalDefault | undefined;
  /** Typed default values; empty if there are none. */
  readonly defaultReading: DefaultReading;
  readonly defaultReadingWhen: DefaultReading;
  /** Allowed values in words, a sentence without its full stop. */
  readonly allowed: string;
  readonly multiValued: boolean;
  /** True if the attribute is multi-valued, as OpenDJ defines it, and the property is not. */
  readonly multiValuedAttribute: boolean;
  readonly operationalAttribute: boolean;
  readonly required: boolean;
  /** True if the property is set when the object is created and never changed. */
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

/** Facts of a declaration. By default a property is optional, single-valued, basic and without admin action. */
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

/**
 * Declares a property. Throws if its default is not allowed. The type keeps the facts, so that typed objects know
 * which values may be absent.
 */
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
    throw new BrokenInvariant(`The default ${JSON.stringify(text)} of ${name} ${parsed.problem}.`);
  });
  return { values, texts: values.map((value) => type.format(value)) };
}

/** Type of the field name: `use-start-tls` becomes `useStartTls`. */
export type FieldName<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<FieldName<Tail>>}`
  : Name;

function fieldName(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Type of a property in a typed object: a list, a value, or an optional value. */
export type PropertyValue<P> = P extends { readonly type: PropertyType<infer T> }
  ? P extends { readonly multiValued: true }
    ? readonly T[]
    : P extends { readonly required: true } | { readonly default: readonly string[] }
      ? T
      : T | undefined
  : never;
