// `name=value`, such as the JavaMail properties of a mail server: the first `=` ends the name, the value may be empty.

import { type PropertyType, propertyType } from '../property-type.ts';
import { SECRET_STARS } from '../secret.ts';

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** Some JavaMail properties hold passwords: their values are not for messages either. */
const SECRET_NAME = /passw|secret|token/i;

export function nameValue(): PropertyType<NameValue> {
  return propertyType({
    name: 'name=value',
    syntax: 'directoryString',
    caseSensitive: true,
    allowed: 'A property name, "=", and the value of the property',
    parse(text) {
      const at = text.indexOf('=');
      if (at < 0)
        return { problem: 'has no "="', advice: 'Write name=value, such as mail.smtp.timeout=5000.' };
      const name = text.slice(0, at).trim();
      if (name === '')
        return {
          problem: 'has no name before "="',
          advice: 'Write name=value, such as mail.smtp.timeout=5000.',
        };
      return { value: { name, value: text.slice(at + 1).trim() } };
    },
    format: ({ name, value }) => `${name}=${value}`,
    show(text) {
      const [name = '', ...values] = text.split('=', 2);
      if (!SECRET_NAME.test(name)) return text;
      return values.length === 0 ? SECRET_STARS : `${name}=${SECRET_STARS}`;
    },
  });
}
