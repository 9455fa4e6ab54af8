// The facts of PingDS's Mail Server page, property by property.

import { describe, expect, expectTypeOf, it } from 'vitest';
import { decodeObject } from '../../src/config/decode-object.ts';
import type { Decoded } from '../../src/config/object-definition.ts';
import { mailServer } from '../../src/config/objects/mail-server.ts';
import { ReadingMemo } from '../../src/config/reading-memo.ts';
import type { Secret } from '../../src/config/secret.ts';
import type { HostPort } from '../../src/config/types/host-port.ts';
import type { JavaMailSetting } from '../../src/config/types/java-mail.ts';
import type { Dn } from '../../src/ldap/dn.ts';
import { mail, openSources, schema } from './configuration.ts';

interface Facts {
  /** Values, or `described` for a behaviour in words. */
  readonly default: readonly string[] | 'described' | 'none';
  readonly type: string;
  readonly multiValued?: true;
  readonly required?: true;
  readonly action?: 'component-restart';
  readonly note?: RegExp;
  readonly advanced?: true;
  readonly allowed: RegExp;
}

const PAGE: Readonly<Record<string, Facts>> = {
  'auth-password': { default: 'described', type: 'secret', allowed: /string/ },
  'auth-username': { default: 'described', type: 'string', allowed: /string/ },
  enabled: { default: 'none', type: 'boolean', required: true, allowed: /^true or false$/ },
  'smtp-server': { default: 'none', type: 'host and port', required: true, allowed: /colon.*port.*587/ },
  'trust-manager-provider': {
    default: 'described',
    type: 'reference',
    note: /at once.*TLS connections/,
    allowed: /existing trust-manager-provider.*must be enabled while/,
  },
  'use-ssl': {
    default: ['false'],
    type: 'boolean',
    action: 'component-restart',
    note: /Disable.*enable it again/,
    allowed: /^true or false$/,
  },
  'use-start-tls': { default: ['true'], type: 'boolean', allowed: /^true or false$/ },
  'smtp-property': {
    default: 'described',
    type: 'name=value',
    multiValued: true,
    advanced: true,
    allowed: /name.*"=".*value/,
  },
};

/** What a mail server has here that is not on the page. */
const OURS = ['connection-pool-size', 'priority', 'verification-interval'];

describe('mail server', () => {
  it('has exactly the properties of the page, and ours', () => {
    const names = mailServer.properties.map(({ name }) => name);
    expect(names.sort()).toEqual([...Object.keys(PAGE), ...OURS].sort());
  });

  it.each(Object.entries(PAGE))('%s has the facts of the page', (name, facts) => {
    const property = mailServer.propertiesByName.get(name);
    const given = property?.default ?? 'none';
    expect({
      attribute: property?.attribute,
      default: typeof given === 'object' && 'behaviour' in given ? 'described' : given,
      type: property?.type.name,
      multiValued: property?.multiValued,
      required: property?.required,
      advanced: property?.advanced,
      readOnly: property?.readOnly,
      action: property?.adminAction.kind,
      secret: property?.type.secret,
    }).toEqual({
      attribute: `ds-cfg-${name}`,
      default: facts.default,
      type: facts.type,
      multiValued: facts.multiValued ?? false,
      required: facts.required ?? false,
      advanced: facts.advanced ?? false,
      readOnly: false,
      action: facts.action ?? 'none',
      secret: name === 'auth-password',
    });
    expect(property?.allowed).toMatch(facts.allowed);
    expect(property?.adminAction.note ?? '').toMatch(facts.note ?? /^$/);
    expect(property?.synopsis).toMatch(/^[A-Z].*\.$/);
  });

  it('has the OIDs of OpenDJ where OpenDJ has one', () => {
    expect(schema.findAttributeType('ds-cfg-smtp-server')?.oid).toBe('1.3.6.1.4.1.26027.1.1.376');
    expect(schema.findAttributeType('ds-cfg-smtp-server')?.singleValue).toBe(false);
    expect(schema.findAttributeType('ds-cfg-trust-manager-provider')?.oid).toBe('1.3.6.1.4.1.26027.1.1.264');
    expect(schema.findAttributeType('ds-cfg-use-start-tls')?.oid).toBe('1.3.6.1.4.1.36733.2.1.1.208');
    expect(schema.findAttributeType('ds-cfg-auth-password')?.oid).toMatch(/^2\.25\./);
  });

  it('becomes a typed object with defaults', async () => {
    const { object } = decodeObject(mailServer, mail('A'), new ReadingMemo(await openSources()));
    expect(object).toMatchObject({
      kind: 'mail-server',
      name: 'A',
      enabled: true,
      authPassword: undefined,
      smtpServer: { host: 'smtp.example.com', port: 587 },
      trustManagerProvider: undefined,
      useSsl: false,
      useStartTls: true,
      smtpProperty: [],
    });
  });

  it('does not use StartTLS when use-ssl is on and nothing was said about StartTLS', async () => {
    const { object } = decodeObject(
      mailServer,
      mail('A', { 'ds-cfg-use-ssl': 'TRUE' }),
      new ReadingMemo(await openSources()),
    );
    expect(object).toMatchObject({ useSsl: true, useStartTls: false });
  });

  it('knows its types', () => {
    type MailServer = Decoded<typeof mailServer>;
    expectTypeOf<MailServer['kind']>().toEqualTypeOf<'mail-server'>();
    expectTypeOf<MailServer['name']>().toEqualTypeOf<string>();
    expectTypeOf<MailServer['dn']>().toEqualTypeOf<Dn>();
    expectTypeOf<MailServer['authPassword']>().toEqualTypeOf<Secret | undefined>();
    expectTypeOf<MailServer['authUsername']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<MailServer['enabled']>().toEqualTypeOf<boolean>();
    expectTypeOf<MailServer['smtpServer']>().toEqualTypeOf<HostPort>();
    expectTypeOf<MailServer['trustManagerProvider']>().toEqualTypeOf<Dn | undefined>();
    expectTypeOf<MailServer['useSsl']>().toEqualTypeOf<boolean>();
    expectTypeOf<MailServer['useStartTls']>().toEqualTypeOf<boolean>();
    expectTypeOf<MailServer['smtpProperty']>().toEqualTypeOf<readonly JavaMailSetting[]>();
  });
});
