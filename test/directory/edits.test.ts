// The edits of an entry, next to a simple model.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeEditor } from '../../src/directory/attribute-editor.ts';
import { EditedValues } from '../../src/directory/edited-values.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute } from '../../src/ldap/entry.ts';
import { schema } from '../config/configuration.ts';
import {
  editorOf,
  entryOf,
  entryValues,
  KEYS,
  modification,
  modified,
  type Step,
  sorted,
  steps,
  type Values,
  valuesOf,
} from './edit-model.ts';
import { codeOf } from './people.ts';

describe('a plain modify', () => {
  it('leaves the values and the issues of the model', () => {
    fc.assert(
      fc.property(entryValues, steps, (before, all) => {
        // Increments may make values equal, which the check of the entry refuses.
        const expected = modified(before, all);
        fc.pre(hasNoTwins(before, all));
        const editor = editorOf(entryOf(before));
        for (const one of all) editor.apply(modification(one));
        expect(editor.issues.map(({ code }) => code)).toEqual(expected.codes);
        expect(sorted(valuesOf(editor.attributes))).toEqual(sorted(expected.values));
        expect([...editor.touched].every((one) => all.some((made) => made.key === one))).toBe(true);
        for (const { key: changed } of differing(before, expected.values))
          expect(editor.touched.has(changed)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  function differing(before: Values, after: Values): { key: string }[] {
    return KEYS.filter((one) => `${before.get(one)}` !== `${after.get(one)}`).map((one) => ({ key: one }));
  }

  function hasNoTwins(before: Values, all: readonly Step[]): boolean {
    return all.every((_, count) =>
      [...modified(before, all.slice(0, count + 1)).values.values()].every(
        (values) => new Set(values.map((one) => one.toLowerCase())).size === values.length,
      ),
    );
  }

  it('takes a number of a hundred digits, and sixteen values to increment', () => {
    const digits = '9'.repeat(100);
    const sixteen = Array.from({ length: 16 }, (_, index) => String(index));
    const codes = (values: readonly string[], by: string) => {
      const editor = editorOf(entryOf(new Map([['roomnumber', values]])));
      editor.apply(modification({ operation: 'increment', key: 'roomNumber', values: [by] }));
      return editor.issues.map(({ code }) => code);
    };
    expect(codes(['1'], digits)).toEqual([]);
    expect(codes(['1'], `${digits}9`)).toEqual(['constraintViolation']);
    expect(codes(sixteen, '1')).toEqual([]);
    expect(codes([...sixteen, '16'], '1')).toEqual(['adminLimitExceeded']);
  });

  it('gives attributes the spelling of the schema', () => {
    const editor = editorOf(entryOf(new Map()));
    editor.apply(modification({ operation: 'add', key: 'ROOMNUMBER;LANG-de', values: ['1'] }));
    editor.apply(modification({ operation: 'replace', key: '2.5.4.13', values: ['2'] }));
    expect(editor.attributes.map(({ description }) => description).toSorted()).toEqual([
      'description',
      'roomNumber;lang-de',
    ]);
  });

  it.each<{ key: string; code: string }>([
    { key: 'entryUUID', code: 'constraintViolation' },
    { key: 'nonsense', code: 'undefinedAttributeType' },
    { key: 'cn;lang-de-', code: 'undefinedAttributeType' },
  ])('refuses to change $key with $code', ({ key: written, code }) => {
    for (const operation of ['add', 'replace', 'delete', 'increment'] as const) {
      const editor = editorOf(entryOf(new Map([['cn', ['a']]])));
      editor.apply(modification({ operation, key: written, values: ['1'] }));
      expect(editor.issues.map((issue) => issue.code)).toEqual([code]);
      expect(sorted(valuesOf(editor.attributes))).toEqual([['cn', ['a']]]);
    }
  });

  it('names fifty unknown attributes and no more', () => {
    const editor = editorOf(entryOf(new Map()));
    for (let number = 0; number < 60; number++)
      editor.apply(modification({ operation: 'add', key: `nonsense${number}`, values: ['1'] }));
    expect(editor.issues.length).toBe(50);
  });

  it('shows the refused value unless it is secret', () => {
    const received = (isSecret: boolean) => {
      const editor = editorOf(entryOf(new Map([['cn', ['hidden']]])), () => isSecret);
      editor.apply(modification({ operation: 'add', key: 'cn', values: ['hidden'] }));
      editor.apply(modification({ operation: 'delete', key: 'cn', values: ['other'] }));
      editor.apply(modification({ operation: 'increment', key: 'sn', values: ['1'] }));
      return editor.issues.map((issue) => [issue.property, issue.received, issue.advice === undefined]);
    };
    expect(received(false)).toEqual([
      ['cn', 'hidden', false],
      ['cn', 'other', false],
      ['sn', undefined, true],
    ]);
    expect(received(true).map(([, value]) => value)).toEqual(['***', '***', undefined]);
  });
});

describe('an entry to add', () => {
  it.each<{ title: string; given: readonly (readonly [string, ...string[]])[]; codes: readonly string[] }>([
    {
      title: 'may have each attribute once',
      given: [
        ['cn', 'a'],
        ['sn', 'b'],
      ],
      codes: [],
    },
    {
      title: 'has no attribute twice',
      given: [
        ['cn', 'a'],
        ['CN', 'b'],
      ],
      codes: ['attributeOrValueExists'],
    },
    {
      title: 'may have the same type with options',
      given: [
        ['cn', 'a'],
        ['cn;lang-de', 'a'],
      ],
      codes: [],
    },
    { title: 'has no attribute without a value', given: [['cn']], codes: ['protocolError'] },
  ])('$title', ({ given, codes }) => {
    const editor = editorOf(entryOf(new Map()));
    for (const [description, ...values] of given) editor.set(new Attribute(description, values));
    expect(editor.issues.map(({ code }) => code)).toEqual(codes);
    const kept = given.slice(0, given.length - codes.length);
    expect(editor.attributes.map((one) => [one.description, ...one.values])).toEqual(kept);
  });

  it('gets the values of its name, where they are missing', () => {
    const added = (values: Values) => {
      const editor = editorOf(entryOf(values));
      editor.addRdnValues();
      return sorted(valuesOf(editor.attributes));
    };
    expect(added(new Map())).toEqual([['uid', ['ada']]]);
    expect(added(new Map([['uid', ['ADA']]]))).toEqual([['uid', ['ADA']]]);
    expect(added(new Map([['uid', ['al']]]))).toEqual([['uid', ['al', 'ada']]]);
  });

  it('has no secret in its name', () => {
    const editor = new AttributeEditor(Dn.parse('userPassword=x'), [], { schema, isSecret: () => true });
    expect(codeOf(() => editor.addRdnValues())).toBe('namingViolation');
  });
});

describe('the values of the name', () => {
  it.each<{ title: string; made: Step; isRefused: boolean }>([
    {
      title: 'cannot be deleted',
      made: { operation: 'delete', key: 'uid', values: ['ADA'] },
      isRefused: true,
    },
    {
      title: 'cannot be deleted with all',
      made: { operation: 'delete', key: 'uid', values: [] },
      isRefused: true,
    },
    {
      title: 'cannot be replaced',
      made: { operation: 'replace', key: 'uid', values: ['al'] },
      isRefused: true,
    },
    {
      title: 'may be spelled otherwise',
      made: { operation: 'replace', key: 'uid', values: ['al', 'ADA'] },
      isRefused: false,
    },
    { title: 'may get company', made: { operation: 'add', key: 'uid', values: ['al'] }, isRefused: false },
    {
      title: 'stay when another attribute is changed',
      made: { operation: 'replace', key: 'cn', values: ['x'] },
      isRefused: false,
    },
  ])('$title', ({ made, isRefused }) => {
    const editor = editorOf(
      entryOf(
        new Map([
          ['uid', ['ada']],
          ['cn', ['a']],
        ]),
      ),
    );
    editor.apply(modification(made));
    editor.requireRdnValues();
    expect(editor.issues.map(({ code }) => code)).toEqual(isRefused ? ['notAllowedOnRdn'] : []);
  });

  it('are not looked for where nobody touched them', () => {
    const editor = editorOf(entryOf(new Map([['cn', ['a']]])));
    editor.requireRdnValues();
    expect(editor.issues).toEqual([]);
  });
});

describe('edited values', () => {
  it('keep those that are given twice, so that the check of the entry sees them', () => {
    const type = schema.describe('cn')?.type;
    if (type === undefined) throw new Error('cn is unknown.');
    const values = new EditedValues(type, ['a', 'A', 'b', 'a']);
    expect(values.values).toEqual(['a', 'A', 'b', 'a']);
    expect([values.add('B'), values.add('c'), values.delete('C'), values.delete('C')]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(values.values).toEqual(['a', 'A', 'b', 'a']);
  });
});
