// An attribute type as the schema defines it (RFC 4512 §4.1.2), and a parsed attribute description such as
// `cn;lang-de`.

import type { MatchingRule } from './matching-rule.ts';
import type { Syntax } from './syntax.ts';

export type AttributeUsage =
  | 'userApplications'
  | 'directoryOperation'
  | 'distributedOperation'
  | 'dSAOperation';

export interface AttributeType {
  readonly oid: string;
  readonly names: readonly string[];
  /** First name, in the schema's spelling; the OID of a type without names. */
  readonly name: string;
  /** Name in lower case, by which attributes are found. */
  readonly key: string;
  readonly text: string | undefined;
  readonly superior: AttributeType | undefined;
  /** Its own syntax, or the superior's. Matching rules are inherited in the same way. */
  readonly syntax: Syntax;
  readonly equality: MatchingRule | undefined;
  readonly ordering: MatchingRule | undefined;
  readonly substrings: MatchingRule | undefined;
  readonly singleValue: boolean;
  readonly collective: boolean;
  readonly noUserModification: boolean;
  readonly usage: AttributeUsage;
  /** True for operational attributes: every usage but userApplications. */
  readonly isOperational: boolean;
  readonly obsolete: boolean;
  /** Definition text as in cn=schema (RFC 4512 §4.1.2). */
  readonly definition: string;
}

export interface AttributeDescription {
  readonly type: AttributeType;
  /**
   * Options in lower case, sorted, without duplicates and without `binary`, which is a transfer option (RFC
   * 4522).
   */
  readonly options: readonly string[];
  /**
   * Type in the schema's spelling, then the options: `cn;lang-de`. Has `;binary` if the values are transferred
   * so.
   */
  readonly description: string;
  /** Key of the type, then the options. Descriptions of one attribute have equal keys. */
  readonly key: string;
}

/**
 * Returns true for a language range such as `cn;lang-en-`, which stands for all its languages (RFC 3866 §3.2).
 */
export function isRange({ options }: AttributeDescription): boolean {
  return options.some(isLanguageRange);
}

/** Returns true if the option, in lower case, is a language range such as `lang-en-` (RFC 3866 §3.2). */
export function isLanguageRange(option: string): boolean {
  return option.startsWith('lang-') && option.endsWith('-');
}

/**
 * Returns true if an extensible match without an attribute tests values of this type (RFC 4511 §4.5.1.7.7).
 * That is so if the type uses the rule, or has the rule's syntax. matchingRuleUse shows the same (RFC 4512
 * §4.1.4).
 */
export function appliesTo(rule: MatchingRule, type: AttributeType): boolean {
  const isOneOfItsOwn = type.equality === rule || type.ordering === rule || type.substrings === rule;
  return isOneOfItsOwn || type.syntax.oid === rule.syntaxOid;
}
