// The permissive modify control, next to a simple model.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modificationsNeeded } from '../../src/directory/permissive-modify.ts';
import { schema } from '../config/configuration.ts';
import {
  editorOf,
  entryOf,
  entryValues,
  includes,
  KEYS,
  modification,
  type Step,
  step,
  stepOf,
  steps,
  type Values,
} from './edit-model.ts';

describe('a permissive modify', () => {
  /** Returns the steps that a permissive modify leaves to do. */
  function neededOf(before: Values, all: readonly Step[], hidden: string): readonly Step[] {
    let values = before;
    const strict = new Set<string>([hidden]);
    const needed: Step[] = [];
    for (const one of all) {
      const present = values.get(one.key) ?? [];
      const isNew = one.operation === 'add';
      const isOf = (text: string) => includes(present, text) !== isNew;
      const changing =
        one.operation === 'replace' || one.operation === 'increment' || one.values.length === 0
          ? one.values
          : one.values.filter((text, at) => isOf(text) && !includes(one.values.slice(0, at), text));
      const isIdle =
        one.operation === 'delete'
          ? (one.values.length === 0 && present.length === 0) ||
            (one.values.length > 0 && changing.length === 0)
          : isNew && one.values.length > 0 && changing.length === 0;
      if (strict.has(one.key)) {
        needed.push(one);
        continue;
      }
      if (one.operation === 'increment') strict.add(one.key);
      if (!isIdle) needed.push({ ...one, values: changing });
      values = new Map(values).set(one.key, stepOf(present, one)[0]);
    }
    return needed;
  }

  it('is what changes something, and all of it for hidden and incremented attributes', () => {
    fc.assert(
      fc.property(entryValues, steps, fc.constantFrom('none', ...KEYS), (before, all, hidden) => {
        const options = { schema, isHidden: (one: string) => one === hidden };
        const needed = modificationsNeeded(all.map(modification), entryOf(before), options);
        const written = needed.map(({ operation, attribute }) => ({
          operation,
          key: attribute.key,
          values: attribute.values,
        }));
        expect(written).toEqual(neededOf(before, all, hidden));
      }),
      { numRuns: 500 },
    );
  });

  it('is refused by a plain modify only where it is invalid', () => {
    const valid = step.filter(({ operation, values }) =>
      operation === 'add' ? values.length > 0 : operation !== 'increment',
    );
    fc.assert(
      fc.property(entryValues, fc.array(valid, { maxLength: 8 }), (before, all) => {
        const editor = editorOf(entryOf(before));
        const options = { schema, isHidden: () => false };
        for (const one of modificationsNeeded(all.map(modification), entryOf(before), options))
          editor.apply(one);
        expect(editor.issues).toEqual([]);
      }),
    );
  });

  it.each(['nonsense', 'cn;lang-de-', 'entryUUID'])('leaves %s to the check that refuses it', (written) => {
    const all = (['add', 'delete'] as const).map((operation) =>
      modification({ operation, key: written, values: ['1'] }),
    );
    const entry = entryOf(new Map([['entryuuid', ['1']]]));
    expect(modificationsNeeded(all, entry, { schema, isHidden: () => false })).toEqual(all);
  });
});
