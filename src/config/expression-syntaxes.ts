// PingDS's "value or expression" syntaxes: a value of the base syntax, or text with an expression, whose result is
// checked after resolving. They are passed to Schema.parse, which does not know expressions.

import { hasExpression } from '../expression/template.ts';
import { BrokenInvariant } from '../files/program-error.ts';
import type { Syntax } from '../schema/syntax.ts';
import { standardSyntaxes } from '../schema/syntaxes/standard.ts';
import { EXPRESSION_SYNTAX_ARC } from './object-identifiers.ts';
import { BaseSyntax, type BaseSyntaxName } from './property-type.ts';

const ORDINARY_ARC = '1.3.6.1.4.1.1466.115.121.1';

/** Words that tools look for in the description of a syntax to choose an editor, if the description lacks them. */
const WORDS: Readonly<Partial<Record<BaseSyntaxName, string>>> = { dn: 'DN (distinguished name)' };

/** Returns the OID of the "value or expression" syntax for a base syntax. */
export function expressionSyntaxOid(base: BaseSyntaxName): string {
  return `${EXPRESSION_SYNTAX_ARC}.${BaseSyntax[base]}`;
}

/** Returns one syntax for each base syntax of property types. */
export function expressionSyntaxes(): readonly Syntax[] {
  return Object.keys(BaseSyntax).map((name) => expressionSyntax(name as BaseSyntaxName));
}

function expressionSyntax(name: BaseSyntaxName): Syntax {
  const ordinaryOid = `${ORDINARY_ARC}.${BaseSyntax[name]}`;
  const ordinary = standardSyntaxes.find((syntax) => syntax.oid === ordinaryOid);
  if (ordinary === undefined) throw new BrokenInvariant(`The schema knows no syntax ${ordinaryOid}.`);
  return {
    oid: expressionSyntaxOid(name),
    description: `${WORDS[name] ?? ordinary.description} or an expression`,
    check(value) {
      if (hasExpression(value)) return undefined;
      const allowed = ordinary.check(value);
      return allowed === undefined ? undefined : `${allowed}; or an expression as in $<name>`;
    },
  };
}
