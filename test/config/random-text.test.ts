// Whatever is written into whatever property: a list of issues comes back, soon, and no secret stands in it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectDefinitions } from '../../src/config/definitions.ts';
import type { ObjectDefinition } from '../../src/config/object-definition.ts';
import type { PropertyDefinition } from '../../src/config/property-definition.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { formatIssue } from '../../src/ldap/issue.ts';
import { Configuration } from './configuration.ts';

const CANARY = 'canary-7d31';
/** What the environment of the server holds; the tokens stand among the pieces. */
const environment = { SMTP_PASSWORD: CANARY, LOOP: `${CANARY}$<loop>`, BROKEN: `${CANARY}$<nothing.here>` };

const PIECES = [
  ...[
    '$<',
    '&{',
    '>',
    '}',
    '|',
    '\\',
    '\\$<',
    '=',
    ':',
    ',',
    '.',
    '@',
    '*',
    '/',
    '-',
    ' ',
    '\n',
    '\0',
    '\udc80',
  ],
  ...[
    'smtp.password',
    'loop',
    'broken',
    'env:',
    'file:',
    'nothing',
    'mail.smtp.',
    'password',
    'cn=',
    'cn=config',
  ],
  ...[
    'true',
    '0',
    '65536',
    '99999999999999999999',
    '5 s',
    '1.5 h',
    'unlimited',
    '::1',
    '[',
    ']',
    '10.0.0.0/8',
    'é',
  ],
];

const randomText = fc
  .oneof(
    fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3, unit: 'binary' })), {
      maxLength: 14,
    }),
    fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 }),
  )
  .map((parts) => parts.join(''));

const kinds = objectDefinitions.filter(({ abstract, properties }) => !abstract && properties.length > 0);

/** An entry of the kind with this text in the property, and otherwise what is required only. */
function entryWith(
  definition: ObjectDefinition,
  property: PropertyDefinition,
  texts: readonly string[],
): Entry {
  const { location, properties } = definition;
  const dn = 'under' in location ? `cn=Random,${location.under}` : (location.at[0] ?? '');
  const classes = [];
  for (let at: ObjectDefinition | undefined = definition; at !== undefined; at = at.parent)
    classes.push(at.objectClass.name);
  const required = properties.filter((it) => it.required).map((it) => [it.attribute, 'true'] as const);
  return Entry.of(Dn.parse(dn), {
    objectClass: ['top', ...classes],
    cn: 'Random',
    ...Object.fromEntries(required),
    [property.attribute]: texts,
  });
}

describe('random text', async () => {
  const configuration = await Configuration.open([], environment);

  describe.each(kinds.map((definition) => [definition.kind, definition] as const))(
    'in a %s',
    (_, definition) => {
      it.each(definition.properties.map((property) => [property.name, property] as const))(
        'as %s gives issues without secrets',
        (_name, property) => {
          fc.assert(
            fc.property(randomText, fc.boolean(), (text, isTwice) => {
              const texts = isTwice ? [text, `${text}x`] : [text];
              const issues = configuration.checkPut(entryWith(definition, property, texts)).map(formatIssue);
              // What is not secret may be shown, even where an expression took it from the same place.
              if (!property.type.secret) return;
              expect(issues.join('\n')).not.toContain(CANARY);
            }),
            { numRuns: 40 },
          );
        },
      );
    },
  );

  it('keeps the canary secret under every name that says it is one', () => {
    const mailServer = kinds.find(({ kind }) => kind === 'mail-server');
    const property = mailServer?.propertiesByName.get('smtp-property');
    if (mailServer === undefined || property === undefined) throw new Error('there are no mail servers');
    const name = fc.constantFrom(
      'mail.smtp.proxy.password',
      'mail.smtp.password',
      'a.secret',
      'token',
      'mail.$<x>',
    );
    fc.assert(
      fc.property(name, randomText, randomText, (before, head, tail) => {
        // What stands in the name of a token is a name: the canary stands where text and defaults are.
        const plain = head.replaceAll(/[$&<{]/g, '');
        const texts = [`${before}=${plain}${CANARY}${tail}`, `${before}=$<smtp.password>`];
        const issues = configuration.checkPut(entryWith(mailServer, property, texts)).map(formatIssue);
        expect(issues.join('\n')).not.toContain(CANARY);
      }),
      { numRuns: 300 },
    );
  });
});
