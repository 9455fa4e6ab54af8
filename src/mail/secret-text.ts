// Removes secrets from foreign texts, such as replies of a mail server, which may repeat what they were sent.
// Finds a secret in plain form and in the forms of SMTP (base64 of it, and of the PLAIN message).

import type { Secret } from '../config/secret.ts';
import type { ConnectionPlan } from './connection-plan.ts';

const STARS = '***';
/**
 * Minimum length of secrets that are removed. Shorter ones occur in normal words, and the gaps would reveal
 * them.
 */
const SECRET_CHARACTERS_MIN = 4;
const TEXT_CHARACTERS_MAX = 1000;

/** Removes a set of secrets from texts. */
export class SecretText {
  readonly #forms: readonly string[];

  constructor(secrets: readonly { readonly user: string; readonly secret: Secret }[]) {
    const forms = secrets.flatMap(({ user, secret }) => formsOf(user, secret.reveal()));
    this.#forms = [...new Set(forms)].toSorted((one, other) => other.length - one.length);
  }

  /** Returns a text on one line, shortened, without control characters and without the secrets. */
  hide(text: string): string {
    let hidden = text;
    for (const form of this.#forms) hidden = hidden.replaceAll(form, STARS);
    return hidden
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .trim()
      .slice(0, TEXT_CHARACTERS_MAX);
  }
}

function formsOf(user: string, secret: string): string[] {
  if (secret.length < SECRET_CHARACTERS_MIN) return [];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [secret, base64(secret), base64(`\0${user}\0${secret}`), base64(`${user}:${secret}`)];
}

/** Returns the secrets of a mail server: its password, and that of its proxy. */
export function secretsOf({ login, proxy }: ConnectionPlan): SecretText {
  const secrets = [];
  if (login !== undefined) secrets.push({ user: login.user, secret: login.password });
  if (proxy?.password !== undefined) secrets.push({ user: proxy.user ?? '', secret: proxy.password });
  return new SecretText(secrets);
}
