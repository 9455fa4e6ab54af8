// All matching rules this program knows by itself.

import type { MatchingRule } from '../matching-rule.ts';
import { type NameContext, nameRules } from './names.ts';
import { simpleRules } from './simple.ts';
import { textRules } from './text.ts';

export function standardMatchingRules(context: NameContext): readonly MatchingRule[] {
  return [...nameRules(context), ...textRules, ...simpleRules];
}
