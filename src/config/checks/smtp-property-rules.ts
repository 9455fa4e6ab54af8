// Rules for the values of a mail server's smtp-property together, and with the other properties. They override the
// others but must not contradict each other.

import type { MailOptionName } from '../java-mail/java-mail-property.ts';
import type { RuleProblem } from '../object-definition.ts';
import { ignoredSettings, type JavaMailSetting } from '../types/java-mail.ts';

interface MailServerLogin {
  readonly authUsername: string | undefined;
  readonly authPassword: unknown;
  readonly smtpProperty: readonly JavaMailSetting[];
}

interface MailServerSecurity {
  readonly useSsl: boolean;
  readonly useStartTls: boolean;
  readonly smtpProperty: readonly JavaMailSetting[];
}

/** Returns true if connections to the mail server are encrypted, by any of its properties. */
export function usesTls({ useSsl, useStartTls, smtpProperty }: MailServerSecurity): boolean {
  const isSecure = optionOf(smtpProperty, 'secure') ?? useSsl;
  const ignoresTls = optionOf(smtpProperty, 'ignoreTLS') ?? !useStartTls;
  return isSecure === true || optionOf(smtpProperty, 'requireTLS') === true || ignoresTls === false;
}

/** Refuses a known name that occurs twice: it is undefined which value would win. */
export function checkRepeatedNames({ smtpProperty }: MailServerLogin): RuleProblem | undefined {
  if (smtpProperty.length < 2) return undefined;
  const seen = new Set<string>();
  for (const { name, isKnown } of smtpProperty) {
    if (isKnown && seen.has(name)) return problem(name, 'is there twice', 'Keep one of the two.');
    seen.add(name);
  }
  return undefined;
}

/** Refuses settings that need another one: a proxy its host, a login its user. */
export function checkMissingParts(server: MailServerLogin): RuleProblem | undefined {
  const { smtpProperty, authUsername, authPassword } = server;
  if (smtpProperty.length === 0) return undefined;
  const has = (name: MailOptionName) => optionOf(smtpProperty, name) !== undefined;
  for (const part of ['proxy.port', 'proxy.user', 'proxy.password'] as const) {
    if (has(part) && !has('proxy.host')) {
      return missing(part, 'mail.smtp.proxy.host', 'Write mail.smtp.proxy.host too, or remove it.');
    }
  }
  if (has('proxy.password') !== has('proxy.user')) {
    const [one, other] = has('proxy.user') ? ['user', 'password'] : ['password', 'user'];
    return missing(
      `proxy.${one}`,
      `mail.smtp.proxy.${other}`,
      `Write mail.smtp.proxy.${other} too, or remove it.`,
    );
  }
  const advice = 'Set auth-username and auth-password, or remove it.';
  if (authUsername === undefined && has('auth.user')) return missing('user', 'auth-username', advice);
  if (optionOf(smtpProperty, 'auth') !== true) return undefined;
  if (authUsername === undefined) return missing('auth', 'auth-username', advice);
  return authPassword === undefined ? missing('auth', 'auth-password', advice) : undefined;
}

/** Refuses contradictions: implicit TLS and StartTLS; StartTLS that is required and disabled. */
export function checkEncryption({ smtpProperty, useSsl }: MailServerSecurity): RuleProblem | undefined {
  const isRequired = optionOf(smtpProperty, 'requireTLS') === true;
  if (isRequired && optionOf(smtpProperty, 'ignoreTLS') === true) {
    return problem(
      'mail.smtp.starttls.required',
      'contradicts mail.smtp.starttls.enable=false',
      'Remove one of the two.',
    );
  }
  const isSecure = optionOf(smtpProperty, 'secure') ?? useSsl;
  const asksForStartTls = isRequired || optionOf(smtpProperty, 'ignoreTLS') === false;
  if (isSecure !== true || !asksForStartTls) return undefined;
  return problem(
    isRequired ? 'mail.smtp.starttls.required' : 'mail.smtp.starttls.enable',
    'asks for StartTLS on a connection with implicit TLS',
    'Remove it, or turn off use-ssl and mail.smtp.ssl.enable.',
  );
}

interface MailServerUse extends MailServerSecurity {
  readonly authUsername: string | undefined;
  readonly authPassword: unknown;
}

/** Returns the names in smtp-property that have no effect, with the reason as a continuation of "has no effect". */
export function settingsWithoutEffect(
  server: MailServerUse,
): readonly { readonly name: string; readonly reason: string }[] {
  const { smtpProperty } = server;
  const unknown = ignoredSettings(smtpProperty).map(({ name, similar }) => ({
    name,
    reason: similar === undefined ? ': this server does not know it.' : `; is ${similar} meant?`,
  }));
  const isEncrypted = usesTls(server);
  const hasUser = server.authUsername !== undefined || optionOf(smtpProperty, 'auth.user') !== undefined;
  const hasLogin = hasUser && server.authPassword !== undefined && optionOf(smtpProperty, 'auth') !== false;
  const idle = smtpProperty.flatMap(({ name, options }) => {
    if (!isEncrypted && options.some((option) => TLS_ONLY.has(option.name)))
      return [{ name, reason: ': connections to the mail server are not encrypted.' }];
    if (!hasLogin && options.some((option) => option.name === 'auth.method'))
      return [{ name, reason: ': there is no login, which needs auth-username and auth-password.' }];
    return [];
  });
  return [...unknown, ...idle];
}

const TLS_ONLY: ReadonlySet<MailOptionName> = new Set([
  'tls.minVersion',
  'tls.maxVersion',
  'tls.ciphers',
  'tls.checkServerIdentity',
]);

function optionOf(settings: readonly JavaMailSetting[], wanted: MailOptionName): unknown {
  for (const { options } of settings) {
    for (const { name, value } of options) if (name === wanted) return value;
  }
  return undefined;
}

function missing(part: string, other: string, advice: string): RuleProblem {
  return problem(`mail.smtp.${part}`, `is set without ${other}`, advice);
}

/** Returns a problem with the name only: the value may be secret. */
function problem(name: string, what: string, advice: string): RuleProblem {
  return { property: 'smtp-property', received: name, problem: what, advice };
}
