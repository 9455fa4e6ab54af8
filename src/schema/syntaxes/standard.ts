// All built-in syntaxes.

import type { Syntax } from '../syntax.ts';
import { nameSyntaxes } from './names.ts';
import { octetSyntaxes } from './octets.ts';
import { simpleSyntaxes } from './simple.ts';
import { textSyntaxes } from './text.ts';

export const standardSyntaxes: readonly Syntax[] = [
  ...textSyntaxes,
  ...simpleSyntaxes,
  ...nameSyntaxes,
  ...octetSyntaxes,
];
