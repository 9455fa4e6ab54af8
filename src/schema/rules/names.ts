// Matching rules for DNs and identifiers (RFC 4517 §4.2). They need the schema: `cn`, `commonName` and
// `2.5.4.3` are equal, and DNs are compared with the rules of their attributes.

import { LdapError } from '../../ldap/ldap-error.ts';
import { isNumericOid } from '../definition.ts';
import type { MatchingRule } from '../matching-rule.ts';
import { prepareText } from '../string-preparation.ts';
import { splitUniqueIdentifier } from '../syntaxes/names.ts';

const SYNTAX = '1.3.6.1.4.1.1466.115.121.1';
const FIRST_COMPONENT = /^\s*\(\s*(?:'([^']*)'|([^\s()$']+))/;

/** The lookups in the schema that these rules need. */
export interface NameContext {
  /** Returns the numeric OID of a schema definition, by name or OID. */
  findOid(text: string): string | undefined;
  /** Returns the key of a DN. Throws LdapError invalidDNSyntax (34). */
  dnKeyOfText(text: string): string;
}

/** Returns the matching rules for DNs and object identifiers. */
export function nameRules(context: NameContext): readonly MatchingRule[] {
  const identifier = (text: string) => context.findOid(text) ?? (isNumericOid(text) ? text : undefined);
  const dn = (text: string) => dnKeyOrUndefined(context, text);
  return [
    { oid: '2.5.13.0', names: ['objectIdentifierMatch'], syntaxOid: `${SYNTAX}.38`, normalize: identifier },
    { oid: '2.5.13.1', names: ['distinguishedNameMatch'], syntaxOid: `${SYNTAX}.12`, normalize: dn },
    {
      oid: '2.5.13.23',
      names: ['uniqueMemberMatch'],
      syntaxOid: `${SYNTAX}.34`,
      normalize: (text) => {
        const parts = splitUniqueIdentifier(text);
        const key = dn(parts.name);
        return key === undefined ? undefined : key + parts.identifier;
      },
    },
    firstComponent('2.5.13.29', 'integerFirstComponentMatch', '27', (text) =>
      /^(?:0|-?[1-9]\d*)$/.test(text) ? text : undefined,
    ),
    firstComponent('2.5.13.30', 'objectIdentifierFirstComponentMatch', '38', identifier),
    firstComponent('2.5.13.31', 'directoryStringFirstComponentMatch', '15', (text) =>
      prepareText(text, true),
    ),
  ];
}

/**
 * Makes a rule that compares the assertion with the first component of a definition: `2.5.4.3` of `( 2.5.4.3
 * NAME 'cn' )`.
 */
function firstComponent(
  oid: string,
  name: string,
  arc: string,
  normalize: (text: string) => string | undefined,
): MatchingRule {
  return {
    oid,
    names: [name],
    syntaxOid: `${SYNTAX}.${arc}`,
    normalize,
    normalizeStored: (value) => {
      const found = FIRST_COMPONENT.exec(value);
      const component = found?.[1] ?? found?.[2];
      return component === undefined ? undefined : normalize(component);
    },
  };
}

function dnKeyOrUndefined(context: NameContext, text: string): string | undefined {
  try {
    return context.dnKeyOfText(text);
  } catch (error) {
    if (error instanceof LdapError) return undefined;
    throw error;
  }
}
