// Keys of DNs, names that are similar, content rules, and what a class has to say: against models that are shorter than
// the code.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { newContentIssues } from '../../src/schema/check-content-rule.ts';
import { checkValues } from '../../src/schema/check-values.ts';
import { Schema } from '../../src/schema/schema.ts';
import { findSimilarName } from '../../src/schema/similar-name.ts';
import { parseSubstringAssertion } from '../../src/schema/substrings-matcher.ts';
import { keysOfName } from '../../src/schema/written-name.ts';
import { coreFile, sampleSchema, schemaFile } from './sample-schema.ts';

const schema = sampleSchema();

const word = fc.constantFrom('Mail', 'a b', 'x,y', ' led', 'plus+', 'Ünï', '1.2');
const ava = fc.tuple(fc.constantFrom('cn', 'ou', 'O', 'CommonName', '2.5.4.3'), word);
const level = fc.array(ava, { minLength: 1, maxLength: 3 }).map((avas) => {
  const byType = new Map(avas.map(([type, value]) => [schema.describe(type)?.type.key, { type, value }]));
  return [...byType.values()];
});
const name = fc.array(level, { minLength: 1, maxLength: 4 });
type Levels = readonly (readonly { readonly type: string; readonly value: string }[])[];

function written(levels: Levels, order: (texts: string[]) => string[] = (texts) => texts): string {
  const escaped = (value: string) => value.replaceAll(/[,+]|^ /g, '\\$&');
  return levels
    .map((avas) => order(avas.map(({ type, value }) => `${type}=${escaped(value)}`)).join('+'))
    .join(',');
}

describe('the key of a name', () => {
  it('is the same however the name is written and asked for, and ends with the key of the parent', () => {
    fc.assert(
      fc.property(name, (levels) => {
        const dn = Dn.parse(written(levels));
        const key = sampleSchema().dnKey(dn);
        expect(sampleSchema().dnKeyOfText(written(levels))).toBe(key);
        const turned = written(levels, (texts) => texts.toReversed());
        expect(schema.dnKeyOfText(turned.replaceAll('CommonName', 'CN').toUpperCase())).toBe(
          schema.dnKeyOfText(turned.replaceAll('CommonName', 'cn')),
        );
        expect(schema.dnKeyOfText(turned)).toBe(key);
        const { key: own, parentKey } = keysOfName(schema, dn);
        expect(own).toBe(key);
        expect(parentKey).toBe(
          levels.length === 1 ? undefined : schema.dnKeyOfText(written(levels.slice(1))),
        );
        if (parentKey !== undefined) expect(key.endsWith(`,${parentKey}`)).toBe(true);
        expect(key.split(',')).toHaveLength(levels.length);
      }),
    );
  });

  it('differs where a level differs', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        const plain = (levels: Levels) =>
          JSON.stringify(
            levels.map((avas) =>
              avas
                .map(({ type, value }) => [schema.describe(type)?.type.key, value.trim().toLowerCase()])
                .toSorted(),
            ),
          );
        const isSame = schema.dnKeyOfText(written(one)) === schema.dnKeyOfText(written(other));
        expect(isSame).toBe(plain(one) === plain(other));
      }),
    );
  });
});

/** The number of edits, by the definition: the cheapest first edit, and the rest. */
function edits(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [one, other] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return edits(one, other);
  const swapped = a[0] === b[1] && a[1] === b[0] ? edits(a.slice(2), b.slice(2)) : Number.POSITIVE_INFINITY;
  return 1 + Math.min(edits(one, b), edits(a, other), edits(one, other), swapped);
}

describe('a similar name', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 });

  it('has the fewest edits, and few', () => {
    fc.assert(
      fc.property(letters, fc.array(letters, { maxLength: 4 }), (wanted, candidates) => {
        const counts = candidates.map((candidate) => edits(wanted, candidate));
        const least = Math.min(...counts);
        const isFew = least < 1 + Math.min(3, Math.floor(wanted.length / 4));
        expect(findSimilarName(wanted, candidates)).toBe(
          isFew ? candidates[counts.indexOf(least)] : undefined,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('lacks the prefix, has another case, and is not looked for in long texts', () => {
    expect(findSimilarName('Smtp-Server', ['cn', 'ds-cfg-smtp-server'])).toBe('ds-cfg-smtp-server');
    const long = 'n'.repeat(64);
    expect(findSimilarName(long.toUpperCase(), [long])).toBe(long);
    expect(findSimilarName(`${long}n`, [`${long}n`])).toBeUndefined();
    expect(findSimilarName(long, [`${long}n`])).toBeUndefined();
  });

  it('is suggested for the first unknown attributes of a request only', () => {
    const attributes = Array.from({ length: 30 }, (_, index) =>
      Entry.of(Dn.parse('cn=a'), { [`descriptio${index}`]: 'x' }),
    );
    const unknown = attributes.flatMap((entry) => entry.attributes.filter(({ key }) => key !== 'cn'));
    const issues = checkValues(schema, 'cn=a', unknown, () => false);
    expect(issues.map(({ advice }) => advice === 'Perhaps description is meant.')).toEqual(
      Array.from({ length: 30 }, (_, index) => index < 8),
    );
  });
});

describe('a substring assertion', () => {
  it('keeps escaped stars and backslashes', () => {
    expect(parseSubstringAssertion('a\\2ab*c\\5cd*\\2A')).toEqual({
      initial: 'a*b',
      any: ['c\\d'],
      final: '*',
    });
    expect(parseSubstringAssertion('a\\2a')).toBeUndefined();
    expect(parseSubstringAssertion('*')).toEqual({ initial: undefined, any: [], final: undefined });
  });
});

describe('a content rule', () => {
  const ruled = Schema.parse([
    coreFile,
    schemaFile(
      'schema/60-rule.ldif',
      "objectClasses: ( 2.25.3.1 NAME 'box' SUP top STRUCTURAL MUST cn MAY ( description $ l $ street ) )",
      "objectClasses: ( 2.25.3.2 NAME 'crate' SUP top STRUCTURAL MUST cn )",
      "dITContentRules: ( 2.25.3.1 NAME 'boxes' MUST description NOT ( l $ street ) )",
    ),
  ]);
  const box = (attributes: Record<string, string>) =>
    Entry.of(Dn.parse('cn=b'), { objectClass: ['top', 'box'], cn: 'b', ...attributes });

  it('has issues with what is new, not with what an entry had already', () => {
    const wrong = box({ l: 'here' });
    expect(newContentIssues(ruled, wrong, undefined)).toHaveLength(2);
    expect(newContentIssues(ruled, wrong, wrong)).toEqual([]);
    expect(newContentIssues(ruled, box({ l: 'here', street: 'x' }), wrong)).toHaveLength(1);
    expect(newContentIssues(ruled, box({ description: 'd' }), undefined)).toEqual([]);
    expect(ruled.contentRules).toHaveLength(1);
  });
});

describe('what a class has to say', () => {
  it('is its description, and a definition is refused whose OID is none', () => {
    const described = Schema.parse([
      coreFile,
      schemaFile(
        'schema/60-a.ldif',
        "objectClasses: ( 2.25.4.1 NAME 'box' DESC 'for things' SUP top STRUCTURAL )",
      ),
    ]);
    expect(described.findObjectClass('box')?.text).toBe('for things');
    const bad = (line: string) => () => Schema.parse([coreFile, schemaFile('schema/60-a.ldif', line)]);
    expect(bad("objectClasses: ( 2.25.4.1 NAME 'box' SUP ( top $ 1..2 ) STRUCTURAL )")).toThrow(
      'a name or an OID',
    );
    expect(
      bad("attributeTypes: ( 2.25.4.2 NAME 'kind' EQUALITY 1..2 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"),
    ).toThrow('a name or an OID');
    expect(bad("objectClasses: ( 2.25.4.1 NAME 'box' SUP top STRUCTURAL AUXILIARY )")).toThrow(
      'more than one kind',
    );
  });
});
