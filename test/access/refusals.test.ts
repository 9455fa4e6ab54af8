// What is left of a refusal for a requester that may change parts only: nothing that it may not read is named.

import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/backend/backend.ts';
import { ChangeRefused } from '../../src/backend/change-refused.ts';
import { NoSight } from '../../src/backend/sight.ts';
import { refusalFor } from '../../src/configuration/rights/policy-rights.ts';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute } from '../../src/ldap/entry.ts';
import type { Issue } from '../../src/ldap/issue.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { schema } from '../config/configuration.ts';
import { accountDn } from '../support/accounts.ts';
import { mailServerDn } from './policies.ts';

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

function told(error: LdapError): { readonly code: number; readonly message: string } {
  const reduced = refusalFor(error, [CHANGE], WRITER);
  if (!(reduced instanceof LdapError)) throw new Error('It is no LdapError.');
  return { code: reduced.code, message: reduced.message };
}

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
    const issue: Issue = {
      code: 'constraintViolation',
      dn: OWN,
      property: 'smtp-server',
      received: 'mine.example.com',
      problem: 'is no host',
      advice: 'Give another.',
    };
    const withIssues = (...issues: readonly Issue[]) =>
      told(new LdapError('constraintViolation', 'There are issues.', { issues }));
    expect(withIssues(issue).message).toContain('is no host');
    const other = { ...issue, dn: mailServerDn('Other'), problem: 'is something hidden' };
    expect(withIssues(issue, other).message).not.toContain('hidden');
    expect(withIssues({ ...issue, problem: 'is what cn=Other has' }).message).toBe('The change is refused.');
  });

  it('of one of several changes is about that one', () => {
    const hidden = new LdapError('unavailable', `${mailServerDn('Other')}: was not ready.`);
    const reduced = refusalFor(new ChangeRefused(hidden, 0), [CHANGE], WRITER);
    expect(reduced).toMatchObject({ index: 0, refusal: { message: 'The change is refused.' } });
  });
});
