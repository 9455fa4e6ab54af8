// An attribute type as the schema defines it (RFC 4512 §4.1.2), and what a description such as `cn;lang-de` means.

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
  /** The first name in the schema's spelling; the OID of a type without names. */
  readonly name: string;
  /** The name in lower case: what attributes are found by. */
  readonly key: string;
  readonly text: string | undefined;
  readonly superior: AttributeType | undefined;
  /** Its own or, like the rules, inherited from the superior type. */
  readonly syntax: Syntax;
  readonly equality: MatchingRule | undefined;
  readonly ordering: MatchingRule | undefined;
  readonly substrings: MatchingRule | undefined;
  readonly singleValue: boolean;
  readonly collective: boolean;
  readonly noUserModification: boolean;
  readonly usage: AttributeUsage;
  /** Kept by or for the server: every usage but userApplications. */
  readonly isOperational: boolean;
  readonly obsolete: boolean;
  /** RFC 4512 text, as cn=schema shows it. */
  readonly definition: string;
}

export interface AttributeDescription {
  readonly type: AttributeType;
  /** In lower case, sorted, each once; without `binary`, which says nothing of the attribute. */
  readonly options: readonly string[];
  /** The schema's spelling of the type, then the options, `cn;lang-de`; with `binary` where values travel so. */
  readonly description: string;
  /** The key of the type, then the options: equal for descriptions of the same attribute. */
  readonly key: string;
}

/** Whether the description stands for many, as `cn;lang-en-` does for every kind of English (RFC 3866 §3.2). */
export function isRange({ options }: AttributeDescription): boolean {
  return options.some(isLanguageRange);
}

export function isLanguageRange(option: string): boolean {
  return option.startsWith('lang-') && option.endsWith('-');
}
