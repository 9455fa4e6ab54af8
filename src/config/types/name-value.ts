// `name=value`: the first `=` ends the name, and the value may be empty. Some names mark the value as secret; it is
// then hidden although the property is not secret.

import { hasExpression } from '../../expression/template.ts';
import { SECRET_STARS } from '../../ldap/issue.ts';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';
import { controlCharacterProblem } from './control-characters.ts';

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

const SECRET_NAME = /pass|pwd|secret|token|credential|(?:^|[._-])pin(?:$|[._-])/i;

const ADVICE = 'Write name=value, such as mail.smtp.timeout=5000.';

/** Returns the type of a `name=value` text. */
export function nameValue(): PropertyType<NameValue> {
  return propertyType({
    name: 'name=value',
    syntax: 'directoryString',
    caseSensitive: true,
    mayHoldSecrets: true,
    allowed: 'A property name, "=", and the value of the property',
    parse: parseNameValue,
    format: ({ name, value }) => `${name}=${value}`,
    show: showNameValue,
  });
}

/** Parses `name=value`. */
export function parseNameValue(text: string): Parsed<NameValue> {
  const at = text.indexOf('=');
  if (at < 0) return { problem: 'has no "="', advice: ADVICE };
  const name = text.slice(0, at).trim();
  if (name === '') return { problem: 'has no name before "="', advice: ADVICE };
  const value = text.slice(at + 1).trim();
  const control = controlCharacterProblem(text.trim());
  return control === undefined
    ? { value: { name, value } }
    : { ...control, outdated: { value: { name, value } } };
}

/**
 * Returns the text without a secret: a value is hidden if its name says so, or if an expression is part of the name.
 */
function showNameValue(text: string): string {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (isSecretName(name)) return at < 0 ? SECRET_STARS : `${name}=${SECRET_STARS}`;
  return at >= 0 && hasExpression(name) ? `${name}=${SECRET_STARS}` : text;
}

/** Returns true if values with this name are secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}
