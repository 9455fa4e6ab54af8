// What is wrong with an entry by the DIT content rule of its structural class (RFC 4512 §4.1.6).

import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { ContentRule } from './content-rule.ts';
import type { Schema } from './schema.ts';

/** Returns 65 for everything in which the entry breaks the rule of its structural class. */
function checkContentRule(schema: Schema, entry: Entry): readonly Issue[] {
  const rule = schema.contentRuleOf(entry.values('objectclass'));
  return rule === undefined
    ? []
    : [...auxiliaryIssues(rule, schema, entry), ...attributeIssues(rule, schema, entry)];
}

/** Returns the issues with the rule (65), without what broke it before: an earlier version may have stored an entry that does. */
export function newContentIssues(schema: Schema, after: Entry, before: Entry | undefined): readonly Issue[] {
  const issues = checkContentRule(schema, after);
  if (issues.length === 0 || before === undefined) return issues;
  const known = new Set(checkContentRule(schema, before).map(textOf));
  return issues.filter((issue) => !known.has(textOf(issue)));
}

function textOf({ problem, property, received }: Issue): string {
  return JSON.stringify([problem, property, received]);
}

function auxiliaryIssues(rule: ContentRule, schema: Schema, entry: Entry): readonly Issue[] {
  return entry.values('objectclass').flatMap((name) => {
    const found = schema.findObjectClass(name);
    if (found?.kind !== 'auxiliary' || rule.auxiliary.has(found)) return [];
    const allowed = [...rule.auxiliary].map((one) => one.name);
    const problem = `is an auxiliary object class that entries of ${rule.structural.name} do not take (DIT content rule ${rule.name})`;
    const advice =
      allowed.length === 0 ? 'Remove it.' : `Remove it; these may be there: ${allowed.join(', ')}.`;
    return [{ ...issueOf(entry, problem, advice), property: 'objectClass', received: found.name }];
  });
}

function attributeIssues(rule: ContentRule, schema: Schema, entry: Entry): readonly Issue[] {
  const present = new Set(entry.attributes.map(({ description }) => schema.describe(description)?.type.key));
  const named = (key: string) => schema.findAttributeType(key)?.name ?? key;
  const missing = [...rule.must].filter((key) => !present.has(key));
  const excluded = [...rule.not].filter((key) => present.has(key));
  return [
    ...missing.map((key) => ({
      ...issueOf(entry, `is missing: the DIT content rule ${rule.name} demands it`, 'Give it a value.'),
      property: named(key),
    })),
    ...excluded.map((key) => ({
      ...issueOf(entry, `is excluded by the DIT content rule ${rule.name}`, 'Remove it.'),
      property: named(key),
    })),
  ];
}

function issueOf(entry: Entry, problem: string, advice: string): Issue {
  return { code: 'objectClassViolation', dn: entry.dn.toString(), problem, advice };
}
