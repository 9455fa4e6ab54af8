// Referral objects (RFC 3296) and the URLs that clients are sent to.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuationUris, findReferral, isReferral, referralError } from '../../src/directory/referral.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import type { SearchScope } from '../../src/ldap/message.ts';

const DN = Dn.parse('ou=a,dc=x');

function referralTo(...ref: readonly string[]): Entry {
  return Entry.of(DN, { objectClass: ['extensibleObject', 'REFERRAL'], ref });
}

describe('a referral object', () => {
  it('is known by its class in any spelling', () => {
    expect(isReferral(referralTo('ldap://h'))).toBe(true);
    expect(isReferral(Entry.of(DN, { objectClass: ['top', 'organizationalUnit'] }))).toBe(false);
    expect(isReferral(Entry.of(DN, { ref: 'ldap://h' }))).toBe(false);
  });

  it('is the highest one at or above a DN', () => {
    const paths = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(paths, fc.nat(6), (all, missing) => {
        // Level 0 is the top: `x0`; level 1 is `x1,x0`, and so on.
        const keys = all.map((_, level) =>
          Array.from({ length: level + 1 }, (_part, at) => `x${level - at}`).join(','),
        );
        const entries = new Map(
          keys.flatMap((key, level): [string, Entry][] =>
            level === missing
              ? []
              : [[key, all[level] ? referralTo('ldap://h') : Entry.of(DN, { objectClass: 'top' })]],
          ),
        );
        const expected = keys.find((_key, level) => all[level] && level !== missing);
        const found = findReferral(keys.at(-1) ?? '', (key) => entries.get(key));
        expect(found).toBe(expected === undefined ? undefined : entries.get(expected));
      }),
    );
  });
});

describe('the URLs of a referral', () => {
  it.each<{ title: string; ref: string; target?: string; scope?: SearchScope; url: string }>([
    { title: 'an operation on the object itself', ref: 'ldap://h:1/ou=b', url: 'ldap://h:1/ou=b' },
    { title: 'no DN: its own', ref: 'ldap://h', url: 'ldap://h/ou=a,dc=x' },
    { title: 'an empty DN: its own', ref: 'ldaps://h/', url: 'ldaps://h/ou=a,dc=x' },
    {
      title: 'an entry below',
      ref: 'ldap://h/ou=b',
      target: 'cn=1,cn=2,ou=a,dc=x',
      url: 'ldap://h/cn=1,cn=2,ou=b',
    },
    { title: 'an entry above', ref: 'ldap://h/ou=b', target: 'dc=x', url: 'ldap://h/ou=b' },
    { title: 'a search of the base', ref: 'ldap://h/ou=b', scope: 0, url: 'ldap://h/ou=b??base' },
    { title: 'a search of one level', ref: 'ldap://h/ou=b', scope: 1, url: 'ldap://h/ou=b??one' },
    { title: 'a search of the subtree', ref: 'ldap://h/ou=b', scope: 2, url: 'ldap://h/ou=b??sub' },
    { title: 'a search of subordinates', ref: 'ldap://h/ou=b', scope: 3, url: 'ldap://h/ou=b??subordinates' },
    { title: 'a label after the URL', ref: 'ldap://h/ou=b the other', url: 'ldap://h/ou=b' },
    { title: 'other parts after the DN', ref: 'ldap://h/ou=b?cn?one', url: 'ldap://h/ou=b' },
    { title: 'a URL of another scheme', ref: 'https://h/ou=b', scope: 2, url: 'https://h/ou=b' },
    { title: 'a DN that is not one', ref: 'ldap://h/nonsense', scope: 2, url: 'ldap://h/nonsense' },
    { title: 'a wrong percent sign', ref: 'ldap://h/ou=%zz', scope: 2, url: 'ldap://h/ou=%zz' },
    { title: 'another place of the scheme', ref: 'x-ldap://h/ou=b', scope: 2, url: 'x-ldap://h/ou=b' },
  ])('are right for $title', ({ ref, target = 'ou=a,dc=x', scope, url }) => {
    const error = referralError(referralTo(ref), Dn.parse(target), scope);
    expect(error).toMatchObject({ code: 10, matchedDn: `${DN}`, referrals: [url] });
    expect(error.message).toContain(target);
  });

  it('are one for each value', () => {
    const { referrals } = referralError(referralTo('ldap://a', 'ldap://b'), DN);
    expect(referrals).toEqual(['ldap://a/ou=a,dc=x', 'ldap://b/ou=a,dc=x']);
  });

  it('are needed: without any the answer is other (80)', () => {
    expect(referralError(Entry.of(DN, { objectClass: 'referral' }), DN)).toMatchObject({ code: 80 });
  });

  it.each<{ scope: SearchScope; suffix: string }>([
    { scope: 1, suffix: '??base' },
    { scope: 2, suffix: '??sub' },
    { scope: 3, suffix: '??sub' },
  ])('continue a search of scope $scope with $suffix', ({ scope, suffix }) => {
    expect(continuationUris(referralTo('ldap://h/ou=b'), scope)).toEqual([`ldap://h/ou=b${suffix}`]);
  });

  it('lead to the entry, whatever is in its name', () => {
    const rdn = fc.string({ minLength: 1, unit: 'binary' }).map((value) => [{ type: 'cn', value }]);
    fc.assert(
      fc.property(
        fc.array(rdn, { maxLength: 3 }),
        fc.array(rdn, { minLength: 1, maxLength: 2 }),
        (below, own) => {
          const target = new Dn([...below, ...DN.rdns]);
          const there = new Dn(own);
          const ref = `ldap://h/${encodeURIComponent(there.toString())}`;
          const [url = ''] = referralError(referralTo(ref), target, 2).referrals ?? [];
          const [path, ...rest] = url.slice('ldap://h/'.length).split('?');
          expect(rest).toEqual(['', 'sub']);
          expect(url).not.toContain('#');
          expect(Dn.parse(decodeURIComponent(path ?? '')).rdns).toEqual([...below, ...own]);
        },
      ),
    );
  });
});
