// The values of smtp-property, one by one: what each name becomes, and what is refused why.

import { describe, expect, it } from 'vitest';
import { javaMailProperties } from '../../src/config/java-mail/java-mail-properties.ts';
import type { MailOption } from '../../src/config/java-mail/java-mail-property.ts';
import { Secret } from '../../src/config/secret.ts';
import { ignoredSettings, type JavaMailSetting, javaMail } from '../../src/config/types/java-mail.ts';
import { brief, Configuration, mail, theOne, trust } from './configuration.ts';

const type = javaMail();

function setting(text: string): JavaMailSetting {
  const parsed = type.parse(text);
  if (parsed.problem !== undefined) throw new Error(`${text} ${parsed.problem}`);
  return parsed.value;
}

function options(text: string): readonly (readonly [string, MailOption['value']])[] {
  return setting(text).options.map(({ name, value }) => [name, value]);
}

function refusal(text: string): string {
  const parsed = type.parse(text);
  if (parsed.problem === undefined) throw new Error(`${text} is taken`);
  const code = parsed.code ?? 'constraintViolation';
  return `${code}: ${parsed.problem}. ${parsed.advice ?? ''}`;
}

describe('what is honoured', () => {
  it.each([
    ['mail.smtp.connectiontimeout=5000', [['connectionTimeout', 5000]]],
    [
      'mail.smtp.timeout=7000',
      [
        ['socketTimeout', 7000],
        ['greetingTimeout', 7000],
      ],
    ],
    ['mail.smtp.host=other.example.com', [['host', 'other.example.com']]],
    ['mail.smtp.port=2525', [['port', 2525]]],
    ['mail.smtp.user=Someone', [['auth.user', 'Someone']]],
    ['mail.smtp.auth=false', [['auth', false]]],
    ['mail.smtp.auth.mechanisms=login', [['auth.method', 'LOGIN']]],
    ['mail.smtp.ssl.enable=TRUE', [['secure', true]]],
    ['mail.smtp.starttls.enable=false', [['ignoreTLS', true]]],
    ['mail.smtp.starttls.enable=true', [['ignoreTLS', false]]],
    ['mail.smtp.starttls.required=true', [['requireTLS', true]]],
    [
      'mail.smtp.ssl.protocols=TLSv1.3 TLSv1.2',
      [
        ['tls.minVersion', 'TLSv1.2'],
        ['tls.maxVersion', 'TLSv1.3'],
      ],
    ],
    [
      'mail.smtp.ssl.ciphersuites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ECDHE-RSA-AES256-GCM-SHA384',
      [['tls.ciphers', 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384']],
    ],
    ['mail.smtp.ssl.ciphersuites=TLS_AES_128_GCM_SHA256', [['tls.ciphers', 'TLS_AES_128_GCM_SHA256']]],
    ['mail.smtp.ssl.ciphersuites=TLS_RSA_WITH_AES_256_CBC_SHA256', [['tls.ciphers', 'AES256-SHA256']]],
    [
      'mail.smtp.ssl.ciphersuites=TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      [['tls.ciphers', 'ECDHE-ECDSA-CHACHA20-POLY1305']],
    ],
    ['mail.smtp.ssl.checkserveridentity=false', [['tls.checkServerIdentity', false]]],
    ['mail.smtp.localhost=client.example.com', [['name', 'client.example.com']]],
    ['mail.smtp.localaddress=2001:db8::1', [['localAddress', '2001:db8::1']]],
    ['mail.smtp.from=bounces@example.com', [['envelope.from', 'bounces@example.com']]],
    ['mail.smtp.dsn.notify=FAILURE,delay', [['envelope.dsn.notify', ['FAILURE', 'DELAY']]]],
    ['mail.smtp.dsn.ret=hdrs', [['envelope.dsn.ret', 'HDRS']]],
    ['mail.smtp.proxy.host=proxy.example.com', [['proxy.host', 'proxy.example.com']]],
    ['mail.smtp.proxy.port=3128', [['proxy.port', 3128]]],
    ['mail.smtp.proxy.user=me', [['proxy.user', 'me']]],
    ['mail.smtp.proxy.password=swordfish', [['proxy.password', new Secret('swordfish')]]],
    ['mail.debug=true', [['debug', true]]],
    ['mail.smtp.ehlo=true', []],
    ['mail.smtp.sendpartial=true', []],
    ['mail.transport.protocol=smtps', []],
  ])('%s', (text, expected) => expect(options(text)).toEqual(expected));

  it('says of every name what it does and what is allowed, each name once', () => {
    const names = javaMailProperties.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const property of javaMailProperties) {
      const sentence = 'problem' in property ? property.advice : property.synopsis;
      expect(sentence, property.name).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('keeps what was written as the canonical text', () => {
    expect(type.format(setting('mail.smtp.timeout = 07 '))).toBe('mail.smtp.timeout=07');
    expect(type.format(setting('mail.smtp.proxy.password=a=b'))).toBe('mail.smtp.proxy.password=a=b');
  });
});

describe('what is refused', () => {
  it.each([
    ['mail.smtp.timeout=soon', 'constraintViolation: has a value that is not an integer'],
    ['mail.smtp.timeout=0', 'is out of range. Write a number from 1 to 2147483647.'],
    ['mail.smtp.timeout=', 'is not an integer'],
    ['mail.smtp.port=70000', 'from 1 to 65535'],
    ['mail.smtp.ssl.enable=yes', 'is neither true nor false. Write true.'],
    ['mail.smtp.ssl.protocols=SSLv3', 'names a version this server does not speak'],
    ['mail.smtp.ssl.protocols=TLSv1 TLSv1.3', 'leaves out a version'],
    ['mail.smtp.ssl.protocols=', 'is empty'],
    ['mail.smtp.ssl.ciphersuites=ROT13', 'names a cipher suite this server does not have'],
    ['mail.smtp.auth.mechanisms=NTLM', 'has a word that is not one of the allowed ones'],
    ['mail.smtp.auth.mechanisms=LOGIN PLAIN', 'unwillingToPerform: has a value that names several'],
    ['mail.smtp.localaddress=here', 'is not an IP address'],
    ['mail.smtp.from=nobody', 'has no "@"'],
    ['mail.smtp.dsn.ret=ALL', 'Allowed: FULL, HDRS.'],
    ['mail.smtp.ehlo=false', 'unwillingToPerform: has a value that cannot be honoured here'],
    [
      'mail.smtp.ssl.trust=*',
      'unwillingToPerform: would pass by the trust manager. Set trust-manager-provider',
    ],
    ['mail.smtp.socks.host=proxy', 'Write mail.smtp.proxy.host for an HTTP proxy.'],
    ['mail.smtp.socketFactory.class=x.Y', 'classes of a Java runtime'],
    ['mail.smtp.password=x', 'Set auth-password, which is kept secret.'],
    ['mail.smtp.sasl.mechanisms=GSSAPI', 'SASL libraries of Java'],
    ['mail.smtps.timeout=5', 'Write mail.smtp.timeout, which holds with SSL too.'],
    ['mail.smtps.password=x', 'Set auth-password'],
  ])('%s', (text, expected) => expect(refusal(text)).toContain(expected));

  it('never shows a password, wherever it stands', () => {
    for (const text of [
      'mail.smtp.proxy.password=swordfish',
      'mail.imap.password=swordfish',
      'oauth.TOKEN=swordfish',
      'keystore.pin=swordfish',
      '$<any.name>=swordfish',
      '$<list|mail.smtp.proxy.password=swordfish>',
      'password swordfish',
    ]) {
      expect(type.show(text)).not.toContain('swordfish');
    }
    expect(type.show('mail.smtp.timeout=$<timeout>')).toBe('mail.smtp.timeout=$<timeout>');
    expect(JSON.stringify(setting('some.secret=swordfish'))).not.toContain('swordfish');
    expect(JSON.stringify(setting('mail.smtp.proxy.password=swordfish'))).not.toContain('swordfish');
  });
});

describe('what is not known', () => {
  it('is kept, and listed as ignored with the name that was perhaps meant', () => {
    const settings = ['mail.smtp.timeut=5', 'x=1', 'mail.smtp.timeout=5', 'mail.smtps.x=2'].map(setting);
    expect(ignoredSettings(settings)).toEqual([
      { name: 'mail.smtp.timeut', similar: 'mail.smtp.timeout' },
      { name: 'x', similar: undefined },
      { name: 'mail.smtps.x', similar: undefined },
    ]);
    expect(settings.map(({ options: found }) => found.length)).toEqual([0, 0, 2, 0]);
  });
});

describe('several together', () => {
  const login = { 'ds-cfg-auth-username': 'u', 'ds-cfg-auth-password': 'p' };

  it.each([
    [['mail.smtp.timeout=5', 'mail.smtp.timeout=6'], 'smtp-property "mail.smtp.timeout" is there twice'],
    [['mail.smtp.proxy.port=3128'], 'is set without mail.smtp.proxy.host'],
    [['mail.smtp.proxy.host=p', 'mail.smtp.proxy.user=u'], 'is set without mail.smtp.proxy.password'],
    [['mail.smtp.proxy.host=p', 'mail.smtp.proxy.password=swordfish'], 'is set without mail.smtp.proxy.user'],
    [['mail.smtp.user=u'], 'is set without auth-username'],
    [['mail.smtp.auth=true'], 'is set without auth-username'],
    [['mail.smtp.ssl.enable=true', 'mail.smtp.starttls.required=true'], 'a connection with implicit TLS'],
    [['mail.smtp.ssl.enable=true', 'mail.smtp.starttls.enable=true'], 'a connection with implicit TLS'],
    [['mail.smtp.starttls.enable=false', 'mail.smtp.starttls.required=true'], 'contradicts'],
  ])('%j contradict', async (values, expected) => {
    const issues = (await Configuration.open()).checkPut(mail('A', { 'ds-cfg-smtp-property': values }));
    const text = theOne(issues, '53 smtp-property');
    expect(text).toContain(expected);
    expect(text).not.toContain('swordfish');
  });

  it('do not where the rest is there', async () => {
    const values = ['mail.smtp.auth=true', 'mail.smtp.user=other', 'mail.smtp.proxy.host=p', 'x=1', 'y=1'];
    const issues = (await Configuration.open()).checkPut(
      mail('A', { ...login, 'ds-cfg-smtp-property': values }),
    );
    expect(brief(issues)).toEqual([]);
  });

  it.each([
    [{ 'ds-cfg-use-start-tls': 'false' }, false],
    [{ 'ds-cfg-use-start-tls': 'false', 'ds-cfg-smtp-property': 'mail.smtp.ssl.enable=true' }, true],
    [{ 'ds-cfg-use-start-tls': 'false', 'ds-cfg-smtp-property': 'mail.smtp.starttls.required=true' }, true],
    [{ 'ds-cfg-smtp-property': 'mail.smtp.starttls.enable=false' }, false],
    [{ 'ds-cfg-use-ssl': 'true', 'ds-cfg-smtp-property': 'mail.smtp.ssl.enable=false' }, false],
    [{}, true],
  ])('%j decides whether a disabled trust manager is refused: %s', async (attributes, isRefused) => {
    const configuration = await Configuration.open([trust('Off', { 'ds-cfg-enabled': 'false' })]);
    const reference = 'cn=Off,cn=Trust Manager Providers,cn=config';
    const issues = configuration.checkPut(
      mail('A', { ...attributes, 'ds-cfg-trust-manager-provider': reference }),
    );
    expect(brief(issues)).toEqual(isRefused ? ['53 trust-manager-provider'] : []);
  });
});
