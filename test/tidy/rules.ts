// Every tidy rule.

import { deadRules } from './dead-rules.ts';
import { documentRules } from './document-rules.ts';
import { errorRules } from './error-rules.ts';
import type { Rule } from './finding.ts';
import { getterRules } from './getter-rules.ts';
import { importRules } from './import-rules.ts';
import { inputRules } from './input-rules.ts';
import { limitRules } from './limit-rules.ts';
import { packageRules } from './package-rules.ts';
import { sentenceRules } from './sentence-rules.ts';
import { sizeRules } from './size-rules.ts';
import { timeRules } from './time-rules.ts';
import { wordRules } from './word-rules.ts';

export const rules: readonly Rule[] = [
  ...importRules,
  ...inputRules,
  ...timeRules,
  ...getterRules,
  ...limitRules,
  ...errorRules,
  ...sizeRules,
  ...wordRules,
  ...sentenceRules,
  ...deadRules,
  ...documentRules,
  ...packageRules,
];
