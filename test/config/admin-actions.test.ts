// What waits for an admin action, by itself: for properties of any kind, and over any row of changes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PendingChanges } from '../../src/config/admin-actions.ts';
import { defineObject } from '../../src/config/object-definition.ts';
import { ownClass } from '../../src/config/object-identifiers.ts';
import { property } from '../../src/config/property-definition.ts';
import { PropertyValidator } from '../../src/config/property-validator.ts';
import { secret } from '../../src/config/types/secret.ts';
import { string } from '../../src/config/types/string.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { mail, openSources, schema } from './configuration.ts';

const NOW = new Date('2026-11-22T08:15:00.123Z');
const LATER = new Date('2026-11-22T09:00:00Z');

const thing = defineObject({
  kind: 'thing',
  friendlyName: 'SMTP Thing',
  friendlyPluralName: 'SMTP Things',
  synopsis: 'Something for these tests.',
  objectClass: { name: 'thing', oid: ownClass(999) },
  location: { under: 'cn=Things,cn=config' },
  properties: [
    property({
      name: 'language',
      type: string(),
      synopsis: 'Read once, when the server starts.',
      adminAction: { kind: 'server-restart' },
    }),
    property({
      name: 'pin',
      type: secret(),
      synopsis: 'A secret that is read once.',
      adminAction: { kind: 'server-restart' },
    }),
  ],
});

function thingWith(attributes: Readonly<Record<string, string>>): Entry {
  const entries = Object.entries(attributes).map(([name, value]) => [`ds-cfg-${name}`, value]);
  return Entry.of(Dn.parse('cn=One,cn=Things,cn=config'), {
    objectClass: 'thing',
    cn: 'One',
    ...Object.fromEntries(entries),
  });
}

async function openThings(): Promise<PropertyValidator> {
  return new PropertyValidator({ schema, sources: await openSources(), definitions: [thing] });
}

function textsOf(validator: PropertyValidator, entry: Entry, pending: PendingChanges | undefined) {
  return pending === undefined ? [] : validator.formatPending(entry, pending.values(), 'values');
}

describe('what needs a restart of the server', () => {
  it('waits, whether its object is enabled or has no such switch', async () => {
    const validator = await openThings();
    const after = thingWith({ language: 'de' });
    const pending = validator.pendingAfter(
      { entry: thingWith({ language: 'en' }), pending: undefined },
      after,
      NOW,
    );
    expect(textsOf(validator, after, pending)).toEqual([
      'language: the effective value is "en"; restart the server to make "de" take effect (changed 2026-11-22T08:15:00Z)',
    ]);
    expect(validator.formatPending(after, pending?.values() ?? [], 'notes')).toEqual([
      'cn=One,cn=Things,cn=config: language is stored and not yet effective. Restart the server for a change to take effect.',
    ]);
    expect(validator.effectiveEntry(after, pending).values('ds-cfg-language')).toEqual(['en']);
    expect(validator.decode(after, pending)).toMatchObject({ language: 'en' });
  });

  it('never shows a secret, new or old', async () => {
    const validator = await openThings();
    const after = thingWith({ pin: 'canary-new' });
    const pending = validator.pendingAfter(
      { entry: thingWith({ pin: 'canary-old' }), pending: undefined },
      after,
      NOW,
    );
    expect(textsOf(validator, after, pending)).toEqual([
      'pin: the effective value is the previous one; restart the server to make the new value take effect (changed 2026-11-22T08:15:00Z)',
    ]);
  });

  it('keeps its time while other things change, and has another once it is changed again', async () => {
    const validator = await openThings();
    const [one, two, three] = ['en', 'de', 'fr'].map((language) => thingWith({ language }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('there are three');
    const first = validator.pendingAfter({ entry: one, pending: undefined }, two, NOW);
    const same = thingWith({ language: 'de', pin: 'x' });
    const second = validator.pendingAfter({ entry: two, pending: first }, same, LATER);
    expect(second?.get('language')).toBe(first?.get('language'));
    const third = validator.pendingAfter({ entry: same, pending: second }, three, LATER);
    expect(third?.get('language')).toMatchObject({ since: LATER, inForce: { texts: ['en'] } });
  });

  it('waits no longer once it is as it was in force', async () => {
    const validator = await openThings();
    const [en, de] = [thingWith({ language: 'en' }), thingWith({ language: 'de' })];
    const pending = validator.pendingAfter({ entry: en, pending: undefined }, de, NOW);
    expect(
      validator.pendingAfter({ entry: de, pending }, thingWith({ language: 'en' }), LATER),
    ).toBeUndefined();
  });
});

describe('any row of changes of a mail server', () => {
  const state = fc.record({
    'ds-cfg-enabled': fc.constantFrom('true', 'false'),
    'ds-cfg-use-ssl': fc.constantFrom(undefined, 'true', 'false'),
    'ds-cfg-use-start-tls': fc.constantFrom(undefined, 'true', 'false'),
  });
  const isValid = (one: Readonly<Record<string, string | undefined>>) =>
    one['ds-cfg-use-ssl'] !== 'true' || one['ds-cfg-use-start-tls'] !== 'true';

  it('has in force what was written at once at some time, and what is written when nothing waits', async () => {
    const validator = new PropertyValidator({ schema, sources: await openSources() });
    const encryption = (entry: Entry, pending?: PendingChanges) => {
      const effective = validator.effectiveEntry(entry, pending);
      return `${effective.first('ds-cfg-use-ssl')} ${effective.first('ds-cfg-use-start-tls')}`;
    };
    fc.assert(
      fc.property(fc.array(state.filter(isValid), { minLength: 2, maxLength: 12 }), (states) => {
        const entries = states.map((one) =>
          mail(
            'A',
            Object.fromEntries(
              Object.entries(one).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
            ),
          ),
        );
        const written = new Set<string>();
        let before: Entry | undefined;
        let pending: PendingChanges | undefined;
        for (const entry of entries) {
          if (before !== undefined) pending = validator.pendingAfter({ entry: before, pending }, entry, NOW);
          written.add(encryption(entry));
          expect(written).toContain(encryption(entry, pending));
          if (entry.first('ds-cfg-enabled') === 'false') expect(pending).toBeUndefined();
          if (pending !== undefined) expect(encryption(entry, pending)).not.toBe(encryption(entry));
          before = entry;
        }
      }),
    );
  });
});
