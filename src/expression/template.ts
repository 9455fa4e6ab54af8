// A parsed text with expressions, as plain data: `$<token|default>` and `&{token|default}`. It looks nothing
// up. Backslashes are special only directly before an opener: a pair is one backslash, a single one makes the
// opener plain text.

import { DEPTH_MAX, LOOKUPS_MAX, PROBLEMS_MAX } from './limits.ts';

export type Part = string | Expression;
export type ExpressionKind = 'token' | 'environment' | 'file' | 'credential' | 'http';

export interface Expression {
  readonly kind: ExpressionKind;
  readonly opener: '$<' | '&{';
  /** Position in the text, starting at 0. */
  readonly start: number;
  /** Token, or the name of a variable, file, credential or secret, without its prefix. */
  readonly name: readonly Part[];
  /** Default, after the first `|`. Absent and empty differ. */
  readonly fallback?: readonly Part[];
}

export interface SyntaxProblem {
  /** Position of the expression in the text, starting at 0. */
  readonly start: number;
  readonly opener: '$<' | '&{';
  /** The expression, if it has an end. */
  readonly expression?: Expression;
  readonly what: 'unclosed' | 'empty' | 'character' | 'depth' | 'count';
  /** The forbidden character. */
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
  ['cred:', 'credential'],
  ['http:', 'http'],
];

/** Forbidden characters in a name of each kind, as a pattern and in words. */
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
  // systemd.exec(5) and fd_name_is_valid of systemd: a file name of printable ASCII without colons.
  credential: {
    wrong: /[^ -.0-9;-~]/u,
    allowed: 'the name of a credential is printable ASCII without "/" and ":"',
  },
  http: {
    wrong: /[\p{Cc}\p{Cs}\\?]/u,
    allowed: 'the name of a secret has no control characters, "?" or backslashes',
  },
};

/** Returns true if the text has an opener, plain or escaped. Such a text needs resolving. */
export function hasExpression(text: string): boolean {
  return text.includes('$<') || text.includes('&{');
}

/** Returns a text that resolves to the given one, whatever it contains. */
export function escapeExpression(text: string): string {
  return text.replace(OPENER, (opener, index: number) => {
    return `${'\\'.repeat(backslashesBefore(text, index, 0) + 1)}${opener}`;
  });
}

/** Parses a text. Never throws; returns what is wrong in `problems`. Takes linear time. */
export function parseTemplate(text: string): Template {
  return new TemplateParser(text).parse();
}

/** Returns the first forbidden character in a name, if any. */
export function findWrongCharacter(kind: ExpressionKind, name: string): string | undefined {
  return NAME_RULES[kind].wrong.exec(name)?.[0];
}

/** Returns the words for the allowed characters in a name of this kind, to be read after a semicolon. */
export function allowedInName(kind: ExpressionKind): string {
  return NAME_RULES[kind].allowed;
}

/** Formats an expression for messages: shortened, on one line, with `…` for defaults, which may be secret. */
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

/** Returns the text on one line, with control characters and lone surrogates as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** Returns the closing character of an opener. */
export function closerOf(opener: Opener): Closer {
  return opener === '$<' ? '>' : '}';
}

/** Returns the number of backslashes directly before `index`, not looking back beyond `from`. */
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

  /** Parses parts up to one of `ends`, which is not consumed, or to the end of the text. */
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
      // Everything around it is unclosed too; the outermost one is reported.
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

/**
 * Splits off the prefix. It counts only if it is in the written text: no value can turn a token into a file
 * name.
 */
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
