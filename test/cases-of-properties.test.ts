// The case files of test/cases leave no property out: whoever declares one adds cases for it.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { objectDefinitions } from '../src/config/definitions.ts';
import type { ObjectDefinition } from '../src/config/object-definition.ts';
import { fixedHttpProperties } from '../src/config/objects/properties/fixed-connection-properties.ts';
import { foreignAccountProperties } from '../src/config/objects/properties/foreign-account-properties.ts';
import { foreignGlobalProperties } from '../src/config/objects/properties/foreign-global-properties.ts';
import {
  foreignHttpProperties,
  foreignLdapProperties,
} from '../src/config/objects/properties/foreign-handler-properties.ts';
import type { PropertyDefinition } from '../src/config/property-definition.ts';
import { takesExpressions } from '../src/config/property-reader.ts';
import { parseCases, type Step } from './support/cases/case-file.ts';

const FOLDER = fileURLToPath(new URL('cases', import.meta.url));
const ABOUT = 'README.md';
/** Those of other servers, which test/config/foreign-properties.test.ts tries. */
const FOREIGN: ReadonlySet<PropertyDefinition> = new Set<PropertyDefinition>([
  ...foreignAccountProperties,
  ...foreignGlobalProperties,
  ...foreignHttpProperties,
  ...foreignLdapProperties,
  ...fixedHttpProperties,
]);
const EXPRESSION = /\$<|&\{/;

interface PlayedStep extends Step {
  /** The change and what was there before it, in lower case. */
  readonly text: string;
}

const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.md') && name !== ABOUT);
const texts = await Promise.all(names.map((name) => readFile(join(FOLDER, name), 'utf8')));
const steps: readonly PlayedStep[] = texts
  .flatMap((text) => parseCases(text))
  .flatMap(({ start, steps: all }) =>
    all.map((step) => ({ ...step, text: `${start}\n${step.change}`.toLowerCase() })),
  );

/** The steps that give this property of this kind of object a value. */
function stepsFor(definition: ObjectDefinition, { key }: PropertyDefinition): readonly PlayedStep[] {
  return stepsOf(definition).filter(({ change }) => new RegExp(`^${key}:`, 'm').test(change.toLowerCase()));
}

function stepsOf({ kind, objectClass, location }: ObjectDefinition): readonly PlayedStep[] {
  const place = 'at' in location ? location.at[0] : undefined;
  return steps.filter(
    ({ text }) =>
      text.includes(`objectclass: ${objectClass.name.toLowerCase()}\n`) ||
      (place !== undefined && kind !== 'branch' && text.includes(`dn: ${place.toLowerCase()}\n`)),
  );
}

/** Whether a case takes the property away, or adds an object without it, and is refused for that. */
function isLeftOut(definition: ObjectDefinition, { key, name, attribute }: PropertyDefinition): boolean {
  return stepsOf(definition).some(({ change, expected: { code, messages = [] } }) => {
    const lines = change.toLowerCase().split('\n');
    const isGone = lines.includes(`delete: ${key}`) || !lines.some((line) => line.includes(key));
    return isGone && code !== 0 && messages.some((text) => text.includes(attribute) || text.includes(name));
  });
}

const MEASURES: ReadonlySet<string> = new Set(['duration', 'size']);

/** Of whole numbers, as the reference says them. */
function boundsOf({ type, allowed }: PropertyDefinition): { lowest?: number; highest?: number } {
  if (type.name !== 'integer' && type.name !== 'port') return {};
  const [, from, to] = /from (-?\d+) to (-?\d+)/.exec(allowed) ?? [];
  const [, least] = /at least (-?\d+)/.exec(allowed) ?? [];
  const lowest = from ?? least;
  return {
    ...(lowest === undefined ? {} : { lowest: Number(lowest) }),
    ...(to === undefined ? {} : { highest: Number(to) }),
  };
}

/** The values that a change gives a property. */
function writtenIn(change: string, { key }: PropertyDefinition): readonly string[] {
  return change.split('\n').flatMap((line) => {
    const [name = '', ...rest] = line.split(': ');
    return name.toLowerCase() === key ? [rest.join(': ')] : [];
  });
}

function missingFor(definition: ObjectDefinition, property: PropertyDefinition): readonly string[] {
  const own = stepsFor(definition, property);
  const isExpression = ({ change }: Step) =>
    change
      .toLowerCase()
      .split('\n')
      .some((line) => line.startsWith(`${property.key}:`) && EXPRESSION.test(line));
  const taken = own.filter(({ expected }) => expected.code === 0);
  const refused = own.filter(
    ({ expected: { code, messages = [] } }) =>
      code !== 0 && messages.some((message) => message.toLowerCase().includes(property.name)),
  );
  const unresolved = refused.filter(({ expected: { messages = [] } }) =>
    messages.some((message) => message.includes('cannot be resolved')),
  );
  const isNeverTaken = property.allowed.startsWith('No value');
  const says = (words: RegExp) =>
    refused.some(({ expected: { messages = [] } }) => messages.some((message) => words.test(message)));
  const values = own
    .filter(({ expected }) => expected.code === 19)
    .flatMap(({ change }) => writtenIn(change, property))
    .map(Number);
  const { lowest, highest } = boundsOf(property);
  const wanted: readonly (readonly [string, boolean])[] = [
    ['a good value', isNeverTaken || taken.length > 0],
    ['a bad value', refused.length > 0],
    ['nothing at all', !property.required || isLeftOut(definition, property)],
    ['a number below', lowest === undefined || values.some((value) => value < lowest)],
    ['a number above', highest === undefined || values.some((value) => value > highest)],
    [
      'too little',
      !MEASURES.has(property.type.name) || !/at least/.test(property.allowed) || says(/is too (short|small)/),
    ],
    [
      'too much',
      !MEASURES.has(property.type.name) || !/at most/.test(property.allowed) || says(/is too (long|large)/),
    ],
    [
      'two values',
      property.multiValued ||
        own.some(({ change, expected }) => expected.code !== 0 && writtenIn(change, property).length > 1),
    ],
    ...(takesExpressions(property.key)
      ? ([
          ['an expression that resolves well', isNeverTaken || taken.some(isExpression)],
          [
            'an expression that resolves to a bad value',
            refused.some(
              (step) =>
                isExpression(step) && step.expected.messages?.some((text) => text.includes('resolves to')),
            ),
          ],
          ['an expression that does not resolve', unresolved.some(isExpression)],
        ] as const)
      : []),
  ];
  return wanted.flatMap(([what, isThere]) => (isThere ? [] : [what]));
}

it('every property has its cases', () => {
  const missing = objectDefinitions
    .filter(({ abstract }) => !abstract)
    .flatMap((definition) =>
      definition.properties
        .filter((property) => !property.readOnly && !FOREIGN.has(property))
        .flatMap((property) => {
          const without = missingFor(definition, property);
          return without.length === 0
            ? []
            : [`${definition.kind} ${property.name}: no case with ${without.join(', ')}`];
        }),
    );
  expect(missing).toEqual([]);
});
