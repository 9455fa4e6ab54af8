// One JavaMail property: either honoured, as an option of nodemailer or because the server always behaves so; or
// refused, with the reason and the alternative.

import { mapParsed, type Parsed, type PropertyType } from '../property-type.ts';
import type { Secret } from '../secret.ts';
import { fixedValue } from '../types/fixed-value.ts';

/**
 * Options of nodemailer's SMTP transport. `proxy.*` are parts of its proxy URL; `envelope.*` are options of a
 * message.
 */
export type MailOptionName =
  | 'host'
  | 'port'
  | 'secure'
  | 'ignoreTLS'
  | 'requireTLS'
  | 'name'
  | 'localAddress'
  | 'connectionTimeout'
  | 'greetingTimeout'
  | 'socketTimeout'
  | 'debug'
  | 'auth'
  | 'auth.user'
  | 'auth.method'
  | 'tls.minVersion'
  | 'tls.maxVersion'
  | 'tls.ciphers'
  | 'tls.checkServerIdentity'
  | 'proxy.host'
  | 'proxy.port'
  | 'proxy.user'
  | 'proxy.password'
  | 'envelope.from'
  | 'envelope.dsn.notify'
  | 'envelope.dsn.ret';

export interface MailOption {
  readonly name: MailOptionName;
  readonly value: string | number | boolean | readonly string[] | Secret;
}

/** A property that is honoured. */
export interface HonouredProperty {
  readonly name: string;
  readonly synopsis: string;
  /** Allowed values, in words. */
  readonly allowed: string;
  /** Options that it sets; empty if the server always behaves so. */
  readonly options: readonly MailOptionName[];
  /** Parses the value after the `=`. */
  parse(text: string): Parsed<readonly MailOption[]>;
}

/** A known property that is not supported. */
export interface RefusedProperty {
  readonly name: string;
  /** Predicate of the value. */
  readonly problem: string;
  /** Sentence: the alternative. */
  readonly advice: string;
}

export type JavaMailProperty = HonouredProperty | RefusedProperty;

/**
 * Declares an honoured property.
 * @param valuesOf Returns the values of the options, in their order; by default the value itself.
 */
export function honoured<T extends MailOption['value'] | object>(
  name: string,
  type: PropertyType<T>,
  options: readonly MailOptionName[],
  synopsis: string,
  valuesOf: (value: T) => readonly MailOption['value'][] = (value) => [value as MailOption['value']],
): HonouredProperty {
  return {
    name,
    synopsis,
    allowed: type.allowed,
    options,
    parse(text) {
      return mapParsed(type.parse(text), (value) => {
        const values = valuesOf(value);
        return options.flatMap((option, at) => optionOf(option, values[at]));
      });
    },
  };
}

function optionOf(name: MailOptionName, value: MailOption['value'] | undefined): readonly MailOption[] {
  return value === undefined ? [] : [{ name, value }];
}

/** Declares a property that asks for what the server always does. It sets no option. */
export function always(
  name: string,
  words: readonly [string, ...string[]],
  synopsis: string,
): HonouredProperty {
  const type = fixedValue({ words, problem: 'cannot be honoured here' });
  return honoured(name, type, [], `${synopsis} Always ${words.join(' or ')} here.`);
}

/** Declares a refused property. `problem` is a predicate of the value; `advice` is a sentence. */
export function refused(name: string, problem: string, advice: string): RefusedProperty {
  return { name, problem, advice };
}
