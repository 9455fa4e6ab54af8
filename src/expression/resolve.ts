// Resolves a template to values with the sources. It has fixed limits, never throws for any text, and never
// reveals the content of a source: an expression inside such content is reported by its place only.

import { BrokenInvariant } from '../files/program-error.ts';
import { credentialAdvice, MISSING_CREDENTIAL_ADVICE, misplacedCredential } from './credential-place.ts';
import { DEPTH_MAX, LENGTH_MAX, LOOKUPS_MAX, PROBLEMS_MAX } from './limits.ts';
import { splitAtCommas } from './list.ts';
import { type Origin, stronger, type Use } from './origin.ts';
import {
  absolutePath,
  type Given,
  HIDDEN,
  isWritten,
  type Missing,
  type Outcome,
  type Piece,
  plain,
  type Scope,
  useOf,
} from './outcome.ts';
import { distinctProblems, nameReason, type Problem, problemOf, syntaxReason } from './problem.ts';
import type { Found, Sources } from './sources.ts';
import {
  type Expression,
  formatExpression,
  hasExpression,
  type Part,
  parseTemplate,
  printable,
  type Template,
} from './template.ts';

export type Resolution =
  | {
      readonly resolved: true;
      readonly values: readonly string[];
      readonly origin: Origin;
      /** Sources of the values, in the order of the text. */
      readonly uses: readonly Use[];
      readonly problems: readonly [];
    }
  | {
      readonly resolved: false;
      readonly values: readonly [];
      readonly problems: readonly [Problem, ...Problem[]];
    };

export interface ResolveOptions {
  /** True if an expression that is the whole text may give several values, or none. */
  readonly multiple?: boolean;
  /** True if the text is the value of a secret property: only these take credentials. */
  readonly secret?: boolean;
}

/**
 * Returns the values of a text: exactly one, or any number with `multiple`. Reports all problems in the order
 * of the text, up to a limit. limits.ts bounds time and memory.
 */
export function resolve(text: string, sources: Sources, options: ResolveOptions = {}): Resolution {
  if (!hasExpression(text))
    return { resolved: true, values: [text], origin: 'written', uses: [], problems: [] };
  return new Resolver(sources, options.secret === true).resolve(
    text,
    options.multiple === true ? 'several' : 'one',
  );
}

/** Number of values that fit in the place of an expression. `part`: it is within text and cannot be a list. */
type Arity = 'one' | 'several' | 'part';

const SECRET_ADVICE =
  'Correct the secret source or the name, try again when the service answers, or write another value.';

class Resolver {
  readonly #sources: Sources;
  readonly #isSecret: boolean;
  readonly #problems: Problem[] = [];
  #lookups = 0;
  #length = 0;
  #exhausted = false;

  constructor(sources: Sources, isSecret: boolean) {
    this.#sources = sources;
    this.#isSecret = isSecret;
  }

  resolve(text: string, arity: Arity): Resolution {
    const outcome = this.#written(text, arity);
    if (outcome?.kind === 'missing') this.#note(outcome.problems);
    const [first, ...others] = distinctProblems(this.#problems);
    if (first !== undefined) return { resolved: false, values: [], problems: [first, ...others] };
    if (outcome?.kind !== 'given') throw new BrokenInvariant('an expression without a value left no problem');
    const values = outcome.pieces.map((piece) => piece.text);
    return { resolved: true, values, origin: outcome.origin, uses: outcome.uses, problems: [] };
  }

  #written(text: string, arity: Arity): Outcome {
    if (text.length > LENGTH_MAX) {
      const reason = `is in a text of more than ${LENGTH_MAX} characters`;
      this.#note([{ expression: 'an expression', at: 1, reason, places: [] }]);
      return undefined;
    }
    this.#length = text.length;
    const scope: Scope = { depth: 0, chain: [] };
    const template = parseTemplate(text);
    if (this.#hasSyntaxProblems(template, scope)) return undefined;
    return this.#parts(template.parts, scope, arity);
  }

  #parts(parts: readonly Part[], scope: Scope, arity: Arity): Outcome {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
      return this.#expression(only, scope, arity);
    }
    return this.#text(parts, scope);
  }

  /** Joins text and expressions to exactly one piece. */
  #text(parts: readonly Part[], scope: Scope): Outcome {
    const given = this.#each(parts, (part) =>
      typeof part === 'string' ? plain(part, scope) : this.#expression(part, scope, 'part'),
    );
    if (given?.kind !== 'given') return given;
    const text = given.pieces.map((piece) => piece.text).join('');
    const shown = scope.inside === undefined ? given.pieces.map((piece) => piece.shown).join('') : HIDDEN;
    return { ...given, pieces: [{ text, shown }] };
  }

  /** Combines outcomes: given if all are given, missing if the others are missing. */
  #each<T>(items: readonly T[], evaluate: (item: T) => Outcome): Outcome {
    const pieces: Piece[] = [];
    const missing: Problem[] = [];
    const uses: Use[] = [];
    let origin: Origin = 'written';
    let isWrong = false;
    for (const item of items) {
      const outcome = evaluate(item);
      if (outcome === undefined) isWrong = true;
      else if (outcome.kind === 'missing') missing.push(...outcome.problems);
      else {
        for (const piece of outcome.pieces) pieces.push(piece);
        for (const use of outcome.uses) uses.push(use);
        origin = stronger(origin, outcome.origin);
      }
      if (this.#exhausted) return undefined;
    }
    if (isWrong) {
      this.#note(missing);
      return undefined;
    }
    if (missing.length > 0) return { kind: 'missing', problems: missing };
    return { kind: 'given', pieces, origin, uses };
  }

  #expression(expression: Expression, scope: Scope, arity: Arity): Outcome {
    if (this.#exhausted) return undefined;
    if (scope.depth >= DEPTH_MAX) {
      return this.#complain(expression, scope, `leads deeper than ${DEPTH_MAX} levels`);
    }
    this.#lookups += 1;
    if (this.#lookups > LOOKUPS_MAX) {
      this.#complain(expression, scope, `is one of more than ${LOOKUPS_MAX} look-ups for one value`);
      this.#exhausted = true;
      return undefined;
    }
    const isWhole = scope.depth === 0 && arity !== 'part';
    const misplaced = misplacedCredential(expression, { isSecret: this.#isSecret, isWhole });
    if (misplaced !== undefined)
      return this.#complain(expression, scope, misplaced, credentialAdvice(expression.kind));
    const inner = { ...scope, depth: scope.depth + 1 };
    const outcome = this.#lookUp(expression, inner, arity);
    if (outcome?.kind !== 'missing') return outcome && this.#shownAs(expression, scope, outcome);
    if (expression.fallback === undefined) return outcome;
    const fallback = this.#fallback(expression.fallback, inner, arity);
    if (fallback?.kind !== 'given') return fallback;
    const use = useOf(expression, scope, 'default', undefined);
    return { ...fallback, origin: stronger('default', fallback.origin), uses: [use, ...fallback.uses] };
  }

  #fallback(parts: readonly Part[], scope: Scope, arity: Arity): Outcome {
    if (arity !== 'several') return this.#parts(parts, scope, arity);
    return this.#each(splitAtCommas(parts), (element) => this.#parts(element, scope, arity));
  }

  #lookUp(expression: Expression, scope: Scope, arity: Arity): Outcome {
    const outcome = this.#text(expression.name, scope);
    if (outcome?.kind !== 'given') return outcome;
    const [name = { text: '', shown: '' }] = outcome.pieces;
    const wrong = nameReason(expression.kind, name.text);
    if (wrong !== undefined) return this.#complain(expression, scope, wrong);
    const found = this.#find(expression, name, scope, arity);
    if (found?.kind !== 'given') return found;
    const uses = [...outcome.uses, ...found.uses];
    return { ...found, origin: stronger(outcome.origin, found.origin), uses };
  }

  #find(expression: Expression, name: Piece, scope: Scope, arity: Arity): Outcome {
    if (expression.kind === 'file') return this.#readFile(expression, name, scope);
    if (expression.kind === 'credential') return this.#readCredential(expression, name, scope);
    if (expression.kind === 'http') return this.#readSecret(expression, name, scope);
    return this.#findToken(expression, name, scope, arity);
  }

  #findToken(expression: Expression, name: Piece, scope: Scope, arity: Arity): Outcome {
    const isVariable = expression.kind === 'environment';
    const found = isVariable ? this.#sources.findVariable(name.text) : this.#sources.find(name.text);
    if (found !== undefined) {
      return this.#found(expression, name, found, scope, arity);
    }
    // A name is not shown if a source supplied part of it, or inside a value.
    const shown = name.shown === name.text ? name.text : undefined;
    const variable = shown === undefined ? 'its environment variable' : `the environment variable ${shown}`;
    return this.#missing(expression, scope, isVariable ? [variable] : this.#sources.places(shown));
  }

  #found(expression: Expression, name: Piece, found: Found, scope: Scope, arity: Arity): Outcome {
    const token = expression.kind === 'environment' ? `env:${name.text}` : name.text;
    const start = scope.chain.indexOf(token);
    if (start !== -1) {
      const circle = [...scope.chain.slice(start), token].join(' -> ');
      return this.#complain(expression, scope, `goes in a circle: ${circle}`);
    }
    const inside = { written: scope.inside?.written ?? expression, place: printable(found.place) };
    if (found.problem !== undefined) {
      return this.#complain(expression, scope, `leads to ${inside.place}, which ${found.problem}`);
    }
    const inner: Scope = { depth: scope.depth, chain: [...scope.chain, token], inside };
    const { content, origin } = found;
    const contents = typeof content === 'string' ? [content] : content;
    if (typeof content !== 'string' && arity !== 'several') {
      const count = `is a list of ${content.length} values (${inside.place})`;
      if (arity === 'part') return this.#complain(expression, scope, `${count} and cannot be part of a text`);
      if (content.length !== 1) return this.#complain(expression, scope, `${count} where one is allowed`);
    }
    const outcome = this.#each(contents, (text) => this.#scan(text, expression, inner, arity, found.isList));
    if (outcome?.kind === 'given') {
      const use = useOf(expression, scope, origin, isWritten(name, scope) ? found.source : undefined);
      return { ...outcome, origin: stronger(origin, outcome.origin), uses: [use, ...outcome.uses] };
    }
    // An incomplete value is not an absent one, so its default does not apply.
    if (outcome?.kind === 'missing') this.#note(outcome.problems);
    return undefined;
  }

  #scan(text: string, expression: Expression, scope: Scope, arity: Arity, isList: boolean): Outcome {
    if (!this.#take(text, expression, scope)) return undefined;
    const template: Template = hasExpression(text) ? parseTemplate(text) : { parts: [text], problems: [] };
    if (this.#hasSyntaxProblems(template, scope)) return undefined;
    if (!isList || arity !== 'several') return this.#parts(template.parts, scope, arity);
    return this.#each(splitAtCommas(template.parts), (element) => this.#parts(element, scope, arity));
  }

  #readFile(expression: Expression, name: Piece, scope: Scope): Outcome {
    const reading = this.#sources.readFile(name.text, { hasDefault: expression.fallback !== undefined });
    if (reading.kind === 'text') return this.#content(reading.text, expression, name, scope, 'file');
    const path = scope.inside === undefined ? absolutePath(name, this.#sources.instanceFolder) : undefined;
    if (reading.kind === 'absent') {
      return this.#missing(
        expression,
        scope,
        [path === undefined ? 'the file it names' : `the file ${path}`],
        true,
      );
    }
    return this.#complain(expression, scope, `reads ${path ?? 'a file'}, which ${reading.why}`);
  }

  #readCredential(expression: Expression, name: Piece, scope: Scope): Outcome {
    const reading = this.#sources.readCredential(name.text);
    if (reading.kind === 'text') return this.#content(reading.text, expression, name, scope, 'credential');
    const place = this.#sources.credentialPlace(name.shown === name.text ? name.text : undefined);
    if (reading.kind === 'unreadable') {
      const advice = credentialAdvice('credential');
      return this.#complain(expression, scope, `reads ${place}, which ${reading.why}`, advice);
    }
    const missing = this.#missing(expression, scope, [place], true);
    return {
      ...missing,
      problems: missing.problems.map((one) => ({ ...one, advice: MISSING_CREDENTIAL_ADVICE })),
    };
  }

  #readSecret(expression: Expression, name: Piece, scope: Scope): Outcome {
    const reading = this.#sources.readSecret(name.text);
    if (reading.kind === 'text') return this.#content(reading.text, expression, name, scope, 'http');
    const place = `the secret source ${printable(name.text.split(/[/#]/, 1)[0] ?? '')}`;
    if (reading.kind === 'absent')
      return this.#missing(expression, scope, [`${place}, which was not asked`], true);
    return this.#complain(expression, scope, `reads ${place}, which ${reading.why}`, SECRET_ADVICE);
  }

  /** Gives the text of a file without its last newline. It is never scanned for expressions. */
  #content(
    text: string,
    expression: Expression,
    name: Piece,
    scope: Scope,
    origin: 'file' | 'credential' | 'http',
  ): Outcome {
    if (!this.#take(text, expression, scope)) return undefined;
    const use = useOf(expression, scope, origin, isWritten(name, scope) ? name.text : undefined);
    const content = origin === 'http' ? text : text.replace(/\r?\n$/, '');
    return { ...plain(content, scope), origin, uses: [use] };
  }

  /** Shows the value of an expression as the expression. */
  #shownAs(expression: Expression, scope: Scope, given: Given): Given {
    const shown = scope.inside === undefined ? formatExpression(expression) : HIDDEN;
    return { ...given, pieces: given.pieces.map(({ text }) => ({ text, shown })) };
  }

  /** Counts the characters from a source. Every part of a result was counted here or is in the written text. */
  #take(text: string, expression: Expression, scope: Scope): boolean {
    this.#length += text.length + 1;
    if (this.#length <= LENGTH_MAX) return true;
    const { written } = scope.inside ?? { written: expression };
    const reason = `becomes longer than ${LENGTH_MAX} characters`;
    this.#note([{ expression: formatExpression(written), at: written.start + 1, reason, places: [] }]);
    this.#exhausted = true;
    return false;
  }

  #hasSyntaxProblems(template: Template, { inside }: Scope): boolean {
    for (const problem of template.problems) {
      this.#note([problemOf(problem, syntaxReason(problem, inside !== undefined), inside)]);
    }
    return template.problems.length > 0;
  }

  #complain(expression: Expression, { inside }: Scope, reason: string, advice?: string): undefined {
    const problem = problemOf({ ...expression, expression }, reason, inside);
    this.#note([advice === undefined ? problem : { ...problem, advice }]);
  }

  #missing(
    expression: Expression,
    { inside }: Scope,
    places: readonly string[],
    isFileMissing = false,
  ): Missing {
    const problem = problemOf({ ...expression, expression }, 'has no value', inside, places);
    return { kind: 'missing', problems: [isFileMissing ? { ...problem, isFileMissing } : problem] };
  }

  #note(problems: readonly Problem[]): void {
    for (const problem of problems) {
      if (this.#problems.length >= PROBLEMS_MAX) this.#exhausted = true;
      else this.#problems.push(problem);
    }
  }
}
