// All matching rules that are built in.

import type { MatchingRule } from '../matching-rule.ts';
import { type NameContext, nameRules } from './names.ts';
import { simpleRules } from './simple.ts';
import { textRules } from './text.ts';

/** Returns all built-in matching rules. `context` resolves names and OIDs. */
export function standardMatchingRules(context: NameContext): readonly MatchingRule[] {
  return [...nameRules(context), ...textRules, ...simpleRules];
}
