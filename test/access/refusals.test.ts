// What is left of a refusal for a requester that may change parts only: nothing that it may not read is named.

import { describe, expect, it } from 'vitest';
import { Grant } from '../../src/access/grant.ts';
import { ANONYMOUS } from '../../src/backend/backend.ts';
import { ChangeRefused } from '../../src/backend/change-refused.ts';
import { NoSight, UniformSight } from '../../src/backend/sight.ts';
import {
  type PolicyWriter,
  refusalFor,
  requireWriteByPolicy,
} from '../../src/configuration/rights/policy-rights.ts';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import type { Issue } from '../../src/ldap/issue.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { schema } from '../config/configuration.ts';
import { accountDn } from '../support/accounts.ts';
import { mailServerDn } from './policies.ts';

const SECRETS = {
  secretAttributes: new Set<string>(),
  mixedAttributes: new Set<string>(),
  show: (_: string, text: string) => text,
};
const OWN = mailServerDn('Own');
const REQUESTER = { ...ANONYMOUS, dn: accountDn('app'), name: accountDn('app') };
const WRITER = {
  requester: REQUESTER,
  access: undefined,
  sight: new NoSight(),
  schema,
  find: () => undefined,
};
const CHANGE: Change = {
  type: 'modify',
  dn: Dn.parse(OWN),
  modifications: [
    { operation: 'replace', attribute: new Attribute('ds-cfg-smtp-server', ['mine.example.com']) },
    { operation: 'replace', attribute: new Attribute('ds-cfg-trust-manager-provider', ['cn=Given,cn=x']) },
  ],
};

function told(
  error: LdapError,
  changes: readonly Change[] = [CHANGE],
  writer: PolicyWriter = WRITER,
): { readonly code: number; readonly message: string } {
  const reduced = refusalFor(error, changes, writer);
  if (!(reduced instanceof LdapError)) throw new Error('It is no LdapError.');
  return { code: reduced.code, message: reduced.message };
}

/** An issue with a value of the request. */
const ISSUE: Issue = {
  code: 'constraintViolation',
  dn: OWN,
  property: 'smtp-server',
  received: 'mine.example.com',
  problem: 'is no host',
  advice: 'Give another.',
};

describe('a refusal', () => {
  it.each([
    ['unavailable', `${mailServerDn('Other')}: what the change needs was not ready within 30 seconds.`],
    ['busy', 'The object uid=somebody has to wait.'],
    ['insufficientAccessRights', `${OWN} is used by cn=LDAPS,cn=Connection Handlers,cn=config.`],
    ['objectClassViolation', `${OWN}: ds-cfg-auth-username is not allowed.`],
    ['constraintViolation', `${OWN}: userPassword is too short.`],
  ] as const)('of the code %s does not say "%s"', (code, message) => {
    const error = new LdapError(code, message);
    expect(told(error)).toEqual({ code: error.code, message: 'The change is refused.' });
  });

  it.each([
    ['busy', '10000 changes wait for the disk already. Try again later.'],
    ['noSuchAttribute', `${OWN}: has no value "mine.example.com" of ds-cfg-smtp-server.`],
    [
      'constraintViolation',
      `${OWN}: cn=Given,cn=x is none. Write cn=Example,cn=Trust Manager Providers,cn=config.`,
    ],
    [
      'insufficientAccessRights',
      `${accountDn('app')} may not change ${OWN}: replace ds-cfg-auth-password too.`,
    ],
  ] as const)('of the code %s says "%s"', (code, message) => {
    const error = new LdapError(code, message);
    expect(told(error)).toEqual({ code: error.code, message });
  });

  it.each(['unwillingToPerform', 'notAllowedOnNonLeaf', 'entryAlreadyExists'] as const)(
    'of the code %s has one sentence',
    (code) => {
      const [one, other] = [`${OWN}: one.`, 'cn=x: other.'].map((message) =>
        told(new LdapError(code, message)),
      );
      expect(one).toEqual(other);
    },
  );

  it('has the issues of values of the request, as long as they name nobody', () => {
    const withIssues = (...issues: readonly Issue[]) =>
      told(new LdapError('constraintViolation', 'There are issues.', { issues }));
    expect(withIssues(ISSUE).message).toContain('is no host');
    const other = { ...ISSUE, dn: mailServerDn('Other'), problem: 'is something hidden' };
    expect(withIssues(ISSUE, other).message).not.toContain('hidden');
    expect(withIssues({ ...ISSUE, problem: 'is what cn=Other has' }).message).toBe('The change is refused.');
  });

  it('of one of several changes is about that one', () => {
    const hidden = new LdapError('unavailable', `${mailServerDn('Other')}: was not ready.`);
    const reduced = refusalFor(new ChangeRefused(hidden, 0), [CHANGE], WRITER);
    expect(reduced).toMatchObject({ index: 0, refusal: { message: 'The change is refused.' } });
    const named = ['cn=First,cn=x', 'cn=Second,cn=x', 'cn=Third,cn=x'];
    const changes = named.map((name): Change => ({ type: 'delete', dn: Dn.parse(name) }));
    const messages = named.map((name) => {
      const error = refusalFor(
        new ChangeRefused(new LdapError('busy', `${name} waits.`), 1),
        changes,
        WRITER,
      );
      return error instanceof ChangeRefused ? error.refusal.message : undefined;
    });
    expect(messages).toEqual(['The change is refused.', 'cn=Second,cn=x waits.', 'The change is refused.']);
  });

  it('names a known name of which the request has the beginning', () => {
    const change: Change = {
      type: 'modify',
      dn: Dn.parse(OWN),
      modifications: [{ operation: 'add', attribute: new Attribute('description', ['cn=Mail']) }],
    };
    const message = 'Mail servers are below cn=Mail Servers,cn=config.';
    expect(told(new LdapError('busy', message), [change]).message).toBe(message);
  });

  it.each(['=', 'cn=', 'cn', ',', 'Servers,cn=config', 'c', 'Other,cn=Mail'])(
    'is not made to say names by the value "%s"',
    (value) => {
      const change: Change = {
        type: 'modify',
        dn: Dn.parse(OWN),
        modifications: [{ operation: 'add', attribute: new Attribute('ds-cfg-smtp-server', [value]) }],
      };
      for (const name of [mailServerDn('Other'), `ou=In,${mailServerDn('Other')}`, 'uid=somebody']) {
        const error = new LdapError('constraintViolation', `${OWN}: it conflicts with ${name}.`);
        expect(told(error, [change]).message).toBe('The change is refused.');
      }
    },
  );

  const NEW = mailServerDn('New');
  it.each<readonly [string, Change, string, string]>([
    [
      'add',
      { type: 'add', entry: new Entry(Dn.parse(NEW), [new Attribute('ds-cfg-priority', ['a=b'])]) },
      `${NEW}: "a=b" is no number.`,
      `${NEW}: as cn=Other is.`,
    ],
    ['delete', { type: 'delete', dn: Dn.parse(OWN) }, `${OWN}: later.`, `${NEW}: later.`],
    [
      'modifyDn',
      {
        type: 'modifyDn',
        dn: Dn.parse(OWN),
        newRdn: [{ type: 'cn', value: 'New' }],
        deleteOldRdn: true,
        newSuperior: Dn.parse('ou=Place,cn=config'),
      },
      `${OWN} cannot become cn=New,ou=Place,cn=config below ou=Place,cn=config.`,
      `${OWN} cannot become ${NEW}.`,
    ],
    [
      'modifyDn',
      {
        type: 'modifyDn',
        dn: Dn.parse(OWN),
        newRdn: [{ type: 'cn', value: 'New' }],
        deleteOldRdn: true,
        newSuperior: undefined,
      },
      `${OWN} cannot become ${NEW}.`,
      `${OWN} cannot become cn=New,cn=Other.`,
    ],
  ])('of the change %s names what is in the request, and nothing else', (_, change, own, other) => {
    const message = (text: string) => told(new LdapError('busy', text), [change]).message;
    expect(message(own)).toBe(own);
    expect(message(other)).toBe('The change is refused.');
  });

  it('names an attribute of the request, and one that may be read', () => {
    const grant = new Grant(SECRETS, {
      reads: (key) => key === 'ds-cfg-priority',
      readsSecrets: () => false,
    });
    const reader = { ...WRITER, sight: new UniformSight(grant, 'one') };
    const message = (attribute: string, writer: PolicyWriter) =>
      told(new LdapError('constraintViolation', `${OWN}: ${attribute} is wrong.`), [CHANGE], writer).message;
    for (const known of ['ds-cfg-smtp-server', 'ds-cfg-priority', 'no-attribute', 'description'])
      expect(message(known, reader)).toContain(known);
    for (const hidden of ['ds-cfg-auth-username', 'userPassword'])
      expect(message(hidden, reader)).toBe('The change is refused.');
    expect(message('ds-cfg-priority', WRITER)).toBe('The change is refused.');
  });

  it('of an entry that is not there says so of the entry of the request', () => {
    const { code, message } = told(
      new LdapError('noSuchObject', `${mailServerDn('Other')}: does not exist.`),
    );
    expect([code, message]).toEqual([32, expect.stringContaining(OWN)]);
    expect(message).not.toContain('Other');
  });

  it('has no issue that others have to do with, or that is about no property of the request', () => {
    const withIssue = (one: Issue) =>
      told(new LdapError('objectClassViolation', 'There are issues.', { issues: [one] }));
    expect(withIssue(ISSUE)).toMatchObject({ code: 19, message: expect.stringContaining('is no host') });
    expect(withIssue({ ...ISSUE, property: 'ds-cfg-smtp-server' }).message).toContain('is no host');
    const refused = { code: 65, message: 'The change is refused.' };
    expect(withIssue({ ...ISSUE, code: 'unwillingToPerform' })).toEqual(refused);
    expect(withIssue({ ...ISSUE, property: 'auth-username' })).toEqual(refused);
    const { property: _, ...entryIssue } = ISSUE;
    expect(withIssue(entryIssue)).toEqual(refused);
    expect(withIssue({ ...ISSUE, dn: mailServerDn('Other') })).toEqual(refused);
  });

  it('that is no refusal stays what it is, and so does one that policies made', () => {
    const bug = new TypeError('a bug with cn=Other');
    expect(refusalFor(bug, [CHANGE], WRITER)).toBe(bug);
    const made = () => requireWriteByPolicy(CHANGE, { ...WRITER, find: () => new Entry(Dn.parse(OWN), []) });
    expect(made).toThrow(LdapError);
    expect(refusalFor(new ChangeRefused(new LdapError('busy', 'cn=x waits.'), 1), [], WRITER)).toMatchObject({
      refusal: { message: 'The change is refused.' },
    });
  });
});
