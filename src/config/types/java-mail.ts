// Values of smtp-property: `name=value` with JavaMail names. Known names are checked and become options for sending
// mail; unknown names are kept and have no effect.

import { SECRET_STARS } from '../../ldap/issue.ts';
import { findSimilarName } from '../../schema/similar-name.ts';
import { javaMailProperties } from '../java-mail/java-mail-properties.ts';
import type { JavaMailProperty, MailOption, RefusedProperty } from '../java-mail/java-mail-property.ts';
import { mapParsed, meaningOf, type Parsed, type PropertyType, type Refused } from '../property-type.ts';
import { Secret } from '../secret.ts';
import { isSecretName, nameValue, parseNameValue } from './name-value.ts';
import { STARS_WRITTEN } from './secret.ts';

export interface JavaMailSetting {
  readonly name: string;
  /** Value as written; a Secret if the name says so. */
  readonly value: string | Secret;
  /** Options for sending mail; empty if the server always behaves so or the name is unknown. */
  readonly options: readonly MailOption[];
  /** True for a known name. An unknown one is kept and has no effect. */
  readonly isKnown: boolean;
}

const SMTP = 'mail.smtp.';
const SMTPS = 'mail.smtps.';
const byName: ReadonlyMap<string, JavaMailProperty> = new Map(
  javaMailProperties.map((property) => [property.name, property]),
);

/** Returns the type of a value of smtp-property. */
export function javaMail(): PropertyType<JavaMailSetting> {
  return {
    ...nameValue(),
    allowed: 'A property name, "=", and the value of the property, which must fit where the name is known',
    parse(text) {
      const pair = parseNameValue(text);
      const setting = mapParsed(pair, ({ name, value }) => parseSetting(name, value));
      if (setting.problem === undefined) return setting.value;
      const { outdated, ...refused } = setting;
      const meant = outdated && meaningOf(outdated.value);
      return meant === undefined ? refused : { ...refused, outdated: meant };
    },
    format: ({ name, value }) => `${name}=${value instanceof Secret ? value.reveal() : value}`,
  };
}

function parseSetting(name: string, text: string): Parsed<JavaMailSetting> {
  const value = isSecretName(name) ? new Secret(text) : text;
  if (value instanceof Secret && text === SECRET_STARS) return STARS_WRITTEN;
  const property = byName.get(name);
  if (property === undefined) {
    return refuseOtherProtocol(name) ?? { value: { name, value, options: [], isKnown: false } };
  }
  if ('problem' in property) return refusalOf(property);
  const parsed = mapParsed(property.parse(text), (options) => ({ name, value, options, isKnown: true }));
  if (parsed.problem === undefined) return parsed;
  const advice = parsed.advice ?? `Allowed for ${name}: ${property.allowed}.`;
  return { ...parsed, problem: `has a value that ${parsed.problem}`, advice };
}

function refusalOf({ problem, advice }: RefusedProperty): Refused {
  return { problem, advice, code: 'unwillingToPerform' };
}

/** Refuses names of the other protocol. JavaMail has each property for both protocol names. */
function refuseOtherProtocol(name: string): Refused | undefined {
  if (!name.startsWith(SMTPS)) return undefined;
  const known = byName.get(SMTP + name.slice(SMTPS.length));
  if (known === undefined) return undefined;
  if ('problem' in known) return refusalOf(known);
  return {
    problem: 'is for a protocol name that is not used here',
    advice: `Write ${known.name}, which holds with SSL too.`,
    code: 'unwillingToPerform',
  };
}

/** Returns settings with unknown names, each with the name that may be meant. */
export function ignoredSettings(
  settings: readonly JavaMailSetting[],
): readonly { readonly name: string; readonly similar: string | undefined }[] {
  return settings
    .filter(({ isKnown }) => !isKnown)
    .map(({ name }) => ({ name, similar: findSimilarName(name, byName.keys()) }));
}
