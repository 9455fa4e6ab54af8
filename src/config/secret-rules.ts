// The values that are encrypted in files: those of secret properties, and values of others that may be secret, as the
// declarations say. Expressions and hashes of passwords are no secrets and stay readable.

import { hasExpression, type Part, parseTemplate } from '../expression/template.ts';
import type { Schema } from '../schema/schema.ts';
import { Definitions, objectDefinitions } from './definitions.ts';
import { parseStored } from './passwords/stored-password.ts';
import { takesExpressions } from './property-reader.ts';

const CONTROL_CHARACTER = /\p{Cc}/u;

/** Secret rules of the declared objects, for attributes by each of their names. */
export class SecretRules {
  readonly #definitions: Definitions;
  readonly #schema: Schema;
  /** Keys of attribute types by description; undefined for those without secrets. */
  readonly #keys = new Map<string, string | undefined>();

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#definitions = new Definitions(objectDefinitions, (text) => schema.dnKeyOfText(text));
  }

  isSecret(description: string): boolean {
    return this.#keyOf(description) !== undefined;
  }

  isReadable(description: string, value: string): boolean {
    const key = this.#keyOf(description);
    if (key === undefined) return true;
    const { hashedAttributes, mixedAttributes, secretAttributes } = this.#definitions;
    if (hashedAttributes.has(key)) return parseStored(value) !== undefined;
    if (!takesExpressions(key)) return false;
    if (secretAttributes.has(key)) return isOnlyExpressions(value);
    if (mixedAttributes.has(key) && this.#definitions.show(key, value) === value) return true;
    const equals = value.indexOf('=');
    return (
      equals >= 0 &&
      !hasExpression(value.slice(0, equals)) &&
      isOnlyExpressions(value.slice(equals + 1).trim())
    );
  }

  /** Looks for what the loader looks for in values: expressions, and control characters that earlier versions took. */
  isMarked(value: string): boolean {
    return hasExpression(value) || CONTROL_CHARACTER.test(value);
  }

  #keyOf(description: string): string | undefined {
    if (this.#keys.has(description)) return this.#keys.get(description);
    const key = this.#schema.describe(description)?.type.key ?? description.toLowerCase();
    const { secretAttributes, mixedAttributes } = this.#definitions;
    const secretKey = secretAttributes.has(key) || mixedAttributes.has(key) ? key : undefined;
    if (this.#keys.size < DESCRIPTIONS_MAX) this.#keys.set(description, secretKey);
    return secretKey;
  }
}

/** Descriptions of a file are few; those of a damaged one are not remembered without end. */
const DESCRIPTIONS_MAX = 4096;

/** Returns true if a text has nothing but expressions, and these have no default. */
function isOnlyExpressions(text: string): boolean {
  if (!hasExpression(text)) return false;
  const { parts, problems } = parseTemplate(text);
  return problems.length === 0 && parts.every((part) => typeof part !== 'string' && isWithoutText(part));
}

function isWithoutText(part: Part): boolean {
  if (typeof part === 'string') return true;
  return part.fallback === undefined && part.name.every(isWithoutText);
}
