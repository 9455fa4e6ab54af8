// A text with holes, as plain data: parse reads `$<token|default>` and `&{token|default}` into parts. It looks
// nothing up. A run of backslashes counts only directly before an opener: a pair is one backslash, an odd one
// makes the opener plain text; a backslash anywhere else is a backslash.

import { DEPTH_MAX, LOOKUPS_MAX, PROBLEMS_MAX } from './limits.ts';

export type Part = string | Expression;
export type ExpressionKind = 'token' | 'environment' | 'file';

export interface Expression {
  readonly kind: ExpressionKind;
  readonly opener: '$<' | '&{';
  /** Where it begins in the text, from 0. */
  readonly start: number;
  /** The token, the variable's name or the path, without `env:` and `file:`. */
  readonly name: readonly Part[];
  /** What follows the first `|`; absent is not the same as empty. */
  readonly fallback?: readonly Part[];
}

export interface SyntaxProblem {
  /** Where the expression begins in the text, from 0. */
  readonly start: number;
  readonly opener: '$<' | '&{';
  /** The expression, if it has an end. */
  readonly expression?: Expression;
  readonly what: 'unclosed' | 'empty' | 'character' | 'depth' | 'count';
  /** The character that cannot be. */
  readonly character?: string;
}

export interface Template {
  readonly parts: readonly Part[];
  readonly problems: readonly SyntaxProblem[];
}

type Opener = Expression['opener'];
type Closer = '>' | '}';

const OPENER = /\$<|&\{/g;
const MARK = /\$<|&\{|[|>}]/g;
const EXPRESSION_SHOWN_MAX = 120;

const PREFIXES: readonly (readonly [prefix: string, kind: ExpressionKind])[] = [
  ['env:', 'environment'],
  ['file:', 'file'],
];

/** What no name of this kind can have, and the same in words. */
const NAME_RULES: Readonly<Record<ExpressionKind, { readonly wrong: RegExp; readonly allowed: string }>> = {
  token: {
    wrong: /[^A-Za-z0-9._-]/u,
    allowed: 'a token has only the letters A-Z and a-z, digits, ".", "-" and "_"',
  },
  environment: {
    wrong: /[\s=\p{Cc}\p{Cs}]/u,
    allowed: 'the name of an environment variable has no blanks, control characters or "="',
  },
  file: { wrong: /[\p{Cc}\p{Cs}]/u, allowed: 'a path has no control characters and is UTF-8' },
};

/** Whether an opener stands in the text, plain or escaped: such a text needs resolving. */
export function hasExpression(text: string): boolean {
  return text.includes('$<') || text.includes('&{');
}

/** The text that resolves to this one, whatever stands in it. */
export function escapeExpression(text: string): string {
  return text.replace(OPENER, (opener, index: number) => {
    return `${'\\'.repeat(backslashesBefore(text, index, 0) + 1)}${opener}`;
  });
}

/** Text to parts. Never throws; what is wrong stands in `problems`. Linear in the length of the text. */
export function parseTemplate(text: string): Template {
  return new TemplateParser(text).parse();
}

/** The first character the name cannot have, if any. */
export function findWrongCharacter(kind: ExpressionKind, name: string): string | undefined {
  return NAME_RULES[kind].wrong.exec(name)?.[0];
}

/** What a name of this kind may have, to be read after a semicolon. */
export function allowedInName(kind: ExpressionKind): string {
  return NAME_RULES[kind].allowed;
}

/** The expression as it is written, but short, on one line and with `…` for defaults, which may be secrets. */
export function formatExpression(expression: Expression): string {
  const { kind, opener, name, fallback } = expression;
  let shown: string = opener + (PREFIXES.find((prefix) => prefix[1] === kind)?.[0] ?? '');
  for (const part of name) {
    if (shown.length > EXPRESSION_SHOWN_MAX) break;
    shown +=
      typeof part === 'string'
        ? escapeExpression(part.slice(0, EXPRESSION_SHOWN_MAX))
        : formatExpression(part);
  }
  if (shown.length > EXPRESSION_SHOWN_MAX) shown = `${shown.slice(0, EXPRESSION_SHOWN_MAX)}…`;
  return printable(shown + (fallback === undefined ? '' : '|…') + closerOf(opener));
}

/** The text on one line: control characters and halves of characters are written `\u{…}`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

export function closerOf(opener: Opener): Closer {
  return opener === '$<' ? '>' : '}';
}

/** How many backslashes stand directly before `index`, looking back no further than `from`. */
export function backslashesBefore(text: string, index: number, from: number): number {
  let at = index;
  while (at > from && text[at - 1] === '\\') at -= 1;
  return index - at;
}

class TemplateParser {
  readonly #text: string;
  readonly #problems: SyntaxProblem[] = [];
  #at = 0;
  #expressionsCount = 0;
  #stopped = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Template {
    const parts = this.#parts([], 0);
    return { parts, problems: this.#problems };
  }

  /** Parts up to one of `ends`, which is not consumed, or to the end of the text. */
  #parts(ends: readonly string[], depth: number): readonly Part[] {
    const parts: Part[] = [];
    let plain = '';
    while (!this.#stopped) {
      MARK.lastIndex = this.#at;
      const found = MARK.exec(this.#text);
      const index = found?.index ?? this.#text.length;
      const mark = found?.[0];
      const opener = mark === '$<' || mark === '&{' ? mark : undefined;
      const backslashes = opener === undefined ? 0 : backslashesBefore(this.#text, index, this.#at);
      plain += this.#text.slice(this.#at, index - backslashes) + '\\'.repeat(backslashes >> 1);
      this.#at = index;
      if (mark === undefined || ends.includes(mark)) break;
      if (opener === undefined || backslashes % 2 === 1) {
        plain += mark;
        this.#at += mark.length;
        continue;
      }
      if (plain !== '') parts.push(plain);
      plain = '';
      const expression = this.#expression(opener, depth + 1);
      if (expression !== undefined) parts.push(expression);
    }
    if (plain !== '') parts.push(plain);
    return parts;
  }

  #expression(opener: Opener, depth: number): Expression | undefined {
    const start = this.#at;
    this.#expressionsCount += 1;
    if (depth > DEPTH_MAX || this.#expressionsCount > LOOKUPS_MAX) {
      this.#stopped = true;
      this.#complain({ what: depth > DEPTH_MAX ? 'depth' : 'count', start, opener });
      return undefined;
    }
    const closer = closerOf(opener);
    this.#at += opener.length;
    const token = this.#parts([closer, '|'], depth);
    let fallback: readonly Part[] | undefined;
    if (this.#text[this.#at] === '|') {
      this.#at += 1;
      fallback = this.#parts([closer], depth);
    }
    if (this.#stopped) return undefined;
    if (this.#at === this.#text.length) {
      // Everything around it is unclosed too: the outermost is the one to name.
      if (depth === 1) this.#complain({ what: 'unclosed', start, opener });
      return undefined;
    }
    this.#at += closer.length;
    const expression = { ...kindAndName(token), opener, start, ...(fallback && { fallback }) };
    this.#checkName(expression);
    return expression;
  }

  #checkName(expression: Expression): void {
    const { kind, name, start, opener } = expression;
    if (name.length === 0) this.#complain({ what: 'empty', start, opener, expression });
    for (const part of name) {
      const character = typeof part === 'string' ? findWrongCharacter(kind, part) : undefined;
      if (character === undefined) continue;
      this.#complain({ what: 'character', start, opener, expression, character });
      return;
    }
  }

  #complain(problem: SyntaxProblem): void {
    this.#problems.push(problem);
    if (this.#problems.length >= PROBLEMS_MAX) this.#stopped = true;
  }
}

/** The prefix counts only where it is written out: no value can turn a token into the name of a file. */
function kindAndName(token: readonly Part[]): Pick<Expression, 'kind' | 'name'> {
  const [first, ...others] = token;
  if (typeof first !== 'string') return { kind: 'token', name: token };
  for (const [prefix, kind] of PREFIXES) {
    if (!first.startsWith(prefix)) continue;
    const rest = first.slice(prefix.length);
    return { kind, name: rest === '' ? others : [rest, ...others] };
  }
  return { kind: 'token', name: token };
}
