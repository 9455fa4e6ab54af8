// One JavaMail property as this server sees it: honoured, and then an option of nodemailer or already so; or refused,
// with the reason and what to write in its place.

import { mapParsed, type Parsed, type PropertyType } from '../property-type.ts';
import type { Secret } from '../secret.ts';
import { keptWord } from '../types/kept-word.ts';

/** Options of nodemailer's SMTP transport; `proxy.*` are the parts of its proxy URL, `envelope.*` belong to a message. */
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

/** One that is honoured. */
export interface HonouredProperty {
  readonly name: string;
  readonly synopsis: string;
  /** In words. */
  readonly allowed: string;
  /** What it becomes. None: what it asks for is always so. */
  readonly options: readonly MailOptionName[];
  /** Takes the value after the `=`. */
  parse(text: string): Parsed<readonly MailOption[]>;
}

/** One that is known and cannot be honoured here. */
export interface RefusedProperty {
  readonly name: string;
  /** To be read after the value. */
  readonly problem: string;
  /** What to write in its place: a sentence. */
  readonly advice: string;
}

export type JavaMailProperty = HonouredProperty | RefusedProperty;

/** @param valuesOf the values of the options, in their order; the value itself unless said otherwise. */
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

/** One that asks for what is always so here: it becomes nothing. */
export function always(
  name: string,
  words: readonly [string, ...string[]],
  synopsis: string,
): HonouredProperty {
  const type = keptWord({ words, problem: 'cannot be honoured here' });
  return honoured(name, type, [], `${synopsis} Always ${words.join(' or ')} here.`);
}

export function refused(name: string, problem: string, advice: string): RefusedProperty {
  return { name, problem, advice };
}
