// Syntaxes of DNs, and of definitions in cn=schema (RFC 4517 §3.3, RFC 4512 §4.1, RFC 3672).

import { Dn } from '../../ldap/dn.ts';
import { type DefinitionKind, parseDefinition } from '../definition.ts';
import type { Syntax } from '../syntax.ts';

const PREFIX = '1.3.6.1.4.1.1466.115.121.1';
const UNIQUE_IDENTIFIER = /#'[01]*'B$/;

export const nameSyntaxes: readonly Syntax[] = [
  {
    oid: `${PREFIX}.12`,
    description: 'DN',
    check: (text) => (isDn(text) ? undefined : 'must be a name as in cn=Example,cn=config'),
  },
  {
    oid: `${PREFIX}.34`,
    description: 'Name And Optional UID',
    check: (text) => {
      const fits = isDn(splitUniqueIdentifier(text).name);
      return fits ? undefined : "must be a name, with or without an identifier as in #'0101'B after it";
    },
  },
  {
    oid: `${PREFIX}.45`,
    description: 'Subtree Specification',
    check: (text) =>
      /^\{[\s\S]*\}$/.test(text) ? undefined : 'must be a specification in braces, as in { }',
  },
  definitionOf(3, 'Attribute Type Description', 'attributeTypes'),
  definitionOf(16, 'DIT Content Rule Description', 'dITContentRules'),
  definitionOf(17, 'DIT Structure Rule Description', 'dITStructureRules'),
  definitionOf(30, 'Matching Rule Description', 'matchingRules'),
  definitionOf(31, 'Matching Rule Use Description', 'matchingRuleUse'),
  definitionOf(35, 'Name Form Description', 'nameForms'),
  definitionOf(37, 'Object Class Description', 'objectClasses'),
  definitionOf(54, 'LDAP Syntax Description', 'ldapSyntaxes'),
];

/**
 * Splits a value of Name And Optional UID (RFC 4517 §3.3.21). A name may itself end with `#`, then the
 * identifier is empty.
 */
export function splitUniqueIdentifier(text: string): { readonly name: string; readonly identifier: string } {
  const at = text.lastIndexOf('#');
  const hasIdentifier = at >= 0 && UNIQUE_IDENTIFIER.test(text.slice(at));
  return hasIdentifier
    ? { name: text.slice(0, at), identifier: text.slice(at) }
    : { name: text, identifier: '' };
}

function isDn(text: string): boolean {
  return succeeds(() => Dn.parse(text));
}

function definitionOf(arc: number, description: string, kind: DefinitionKind): Syntax {
  const allowed = "must be a definition as RFC 4512 writes it, as in ( 2.5.4.3 NAME 'cn' SUP name )";
  return {
    oid: `${PREFIX}.${arc}`,
    description,
    check: (text) => (succeeds(() => parseDefinition(kind, text)) ? undefined : allowed),
  };
}

function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
