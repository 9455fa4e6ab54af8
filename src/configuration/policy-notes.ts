// What a change of an entry means for the access control policies that name it: a sentence each, for the answer.

import { compileDnPattern, levelsOf } from '../access/dn-matcher.ts';
import { openPatternsOf, PATTERNS_KEY, policyNameKey } from '../config/policy-names.ts';
import type { Effect } from '../directory/apply-change.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';

export interface PolicyNotesView {
  readonly schema: Schema;
  find(key: string): Entry | undefined;
  referrers(key: string): Iterable<string>;
}

/** Returns what a rename or a deletion leaves in policies. */
export function policyNotes({ key, from, before, after }: Effect, view: PolicyNotesView): readonly string[] {
  if (before === undefined) return [];
  if (after === undefined && from === undefined) return stillNamed(before, key, view);
  return from === undefined || from.key === key ? [] : noLongerMatched(before, from.key, key, view);
}

function stillNamed(before: Entry, key: string, view: PolicyNotesView): readonly string[] {
  return policiesOf(policyNameKey(key), view).map(
    ({ dn }) => `The access control policy ${dn} still names ${before.dn}. Delete it, or change it.`,
  );
}

function noLongerMatched(
  before: Entry,
  oldKey: string,
  newKey: string,
  view: PolicyNotesView,
): readonly string[] {
  return policiesOf(PATTERNS_KEY, view).flatMap((policy) => {
    const lost = openPatternsOf(policy).filter((pattern) => {
      const matches = compileDnPattern(pattern, view.schema);
      return matches(levelsOf(oldKey)) && !matches(levelsOf(newKey));
    });
    return lost.map(
      ({ text }) =>
        `The pattern ${JSON.stringify(text)} of the access control policy ${policy.dn} matched ${before.dn}, and does not match its new name.`,
    );
  });
}

function policiesOf(key: string, view: PolicyNotesView): readonly Entry[] {
  return [...view.referrers(key)].flatMap((referrer) => view.find(referrer) ?? []);
}
