import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/ldap/entry.ts';
import { Configuration, mail, trust } from './configuration.ts';

function attributesOf(entry: Entry): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(entry.attributes.map(({ description, values }) => [description, values]));
}

describe('what is in force', () => {
  it('has expressions resolved, values in canonical text, and defaults', async () => {
    const { validator } = await Configuration.open([], { HOST: 'smtp.example.org', OPTIONS: 'a=1,b=2' });
    const written = mail('A', {
      'ds-cfg-enabled': 'TRUE',
      'ds-cfg-smtp-server': '$<host>',
      'ds-cfg-smtp-property': ['$<options>', 'c = 3'],
    });
    expect(attributesOf(validator.effectiveEntry(written))).toEqual({
      objectClass: ['top', 'ds-cfg-mail-server'],
      cn: ['A'],
      'ds-cfg-enabled': ['true'],
      'ds-cfg-smtp-server': ['smtp.example.org:587'],
      'ds-cfg-smtp-property': ['a=1', 'b=2', 'c=3'],
      'ds-cfg-use-ssl': ['false'],
      'ds-cfg-use-start-tls': ['true'],
      'ds-cfg-priority': ['100'],
      'ds-cfg-connection-pool-size': ['5'],
    });
    expect(written.first('ds-cfg-smtp-server')).toBe('$<host>');
  });

  it('has no StartTLS with use-ssl', async () => {
    const { validator } = await Configuration.open();
    const effective = validator.effectiveEntry(mail('A', { 'ds-cfg-use-ssl': 'true' }));
    expect(effective.values('ds-cfg-use-start-tls')).toEqual(['false']);
  });

  it('keeps what cannot be read as it is written', async () => {
    const { validator } = await Configuration.open();
    const effective = validator.effectiveEntry(
      mail('A', { 'ds-cfg-smtp-server': '$<none>', 'ds-cfg-use-ssl': 'x' }),
    );
    expect(effective.values('ds-cfg-smtp-server')).toEqual(['$<none>']);
    expect(effective.values('ds-cfg-use-ssl')).toEqual(['x']);
  });

  it('resolves nothing outside ds-cfg attributes', async () => {
    const { validator } = await Configuration.open([], { X: 'y' });
    expect(validator.effectiveEntry(mail('A', { description: '$<x>' })).values('description')).toEqual([
      '$<x>',
    ]);
  });

  it('leaves an entry that is no object alone', async () => {
    const { validator } = await Configuration.open();
    const entry = trust('T', { objectClass: ['top', 'person'] });
    expect(attributesOf(validator.effectiveEntry(entry))).toEqual(attributesOf(entry));
  });
});

describe('admin actions', () => {
  const actions = async (before: Entry, after: Entry) => {
    const { validator } = await Configuration.open();
    const pending = validator.pendingAfter({ entry: before, pending: undefined }, after, new Date());
    return [...(pending?.values() ?? [])].map(({ property, action }) => `${property.name} ${action}`);
  };

  it('are due for use-ssl of an enabled mail server', async () => {
    const before = mail('A');
    expect(await actions(before, mail('A', { 'ds-cfg-use-ssl': 'true' }))).toEqual([
      'use-ssl component-restart',
    ]);
  });

  it.each([
    ['the value is the default that was in force', mail('A'), mail('A', { 'ds-cfg-use-ssl': 'FALSE' })],
    ['the property takes effect at once', mail('A'), mail('A', { 'ds-cfg-smtp-server': 'b' })],
    [
      'the object is being disabled',
      mail('A'),
      mail('A', { 'ds-cfg-use-ssl': 'true', 'ds-cfg-enabled': 'false' }),
    ],
    [
      'the object is being enabled',
      mail('A', { 'ds-cfg-enabled': 'false' }),
      mail('A', { 'ds-cfg-use-ssl': 'true', 'ds-cfg-enabled': 'true' }),
    ],
  ])('are not due when %s', async (_, before, after) => {
    expect(await actions(before, after)).toEqual([]);
  });
});
