// One property of an object: what it is, what is allowed, what happens without it, and a new value, which is checked before
// it is taken.

import type { PropertyDefinition } from '../../config/property-definition.ts';
import { problemOfWrittenValue } from '../../config/written-value.ts';
import { dnOfReference } from '../dsconfig/reference-name.ts';
import type { ObjectDraft } from './object-draft.ts';
import type { Prompts } from './prompts.ts';

export interface PropertyMenuParts {
  readonly prompts: Prompts;
  /** The names of the objects a reference may point to. */
  readonly namesOf: (kind: string) => Promise<readonly string[]>;
}

const RESET = 'reset';
const OTHER = 'other';
const ADD = 'add';
const DONE = 'done';
/** A value of a list, so that no value is taken for one of the words above. */
const VALUE = 'value:';

/** Lets a person change one property of a draft. */
export async function editProperty(
  draft: ObjectDraft,
  property: PropertyDefinition,
  parts: PropertyMenuParts,
): Promise<void> {
  parts.prompts.show(property.name, describe(draft, property));
  if (property.readOnly && !draft.isNew) {
    return parts.prompts.problem(`${property.name} cannot be changed after the object was created.`);
  }
  if (property.multiValued) return editValues(draft, property, parts);
  const answer = await askValue(draft, property, parts);
  if (answer !== undefined) draft.set(property, answer === '' ? [] : [answer]);
}

function describe(draft: ObjectDraft, property: PropertyDefinition): string {
  const { synopsis, allowed, adminAction } = property;
  return [
    synopsis,
    `Allowed: ${allowed}.`,
    `Default: ${defaultInWords(property)}`,
    `Now: ${draft.shown(property)}`,
    ...(adminAction.note === undefined ? [] : [adminAction.note]),
  ].join('\n');
}

function defaultInWords({ default: usual }: PropertyDefinition): string {
  if (usual === undefined) return 'none.';
  return 'behaviour' in usual ? usual.behaviour : `${usual.join(', ')}.`;
}

/** Resolves to '' for back to the default, and to undefined for leave it as it is. */
async function askValue(
  draft: ObjectDraft,
  property: PropertyDefinition,
  parts: PropertyMenuParts,
): Promise<string | undefined> {
  const { name, type } = property;
  if (type.secret || type.hashed) return askSecret(draft, property, parts);
  const known = await knownValues(property, parts);
  if (known.length > 0) {
    const choices = [
      ...known.map((value) => ({ value: `${VALUE}${value}`, label: value })),
      ...(property.required ? [] : [{ value: RESET, label: 'Back to the default' }]),
      { value: OTHER, label: 'Something else, such as an expression' },
    ];
    const chosen = await parts.prompts.choose(name, choices, `${VALUE}${draft.shown(property)}`);
    if (chosen !== OTHER) return chosen === RESET ? '' : chosen?.slice(VALUE.length);
  }
  const [written = ''] = draft.valuesOf(property);
  const message = property.required ? name : `${name} (empty: back to the default)`;
  return parts.prompts.text(message, {
    initial: written,
    check: (text) => problemOf(property, text, !property.required),
  });
}

async function askSecret(
  draft: ObjectDraft,
  property: PropertyDefinition,
  { prompts }: PropertyMenuParts,
): Promise<string | undefined> {
  const mayGo = draft.valuesOf(property).length > 0 && !property.required;
  if (mayGo) {
    const choices = [
      { value: ADD, label: 'Give a new one' },
      { value: RESET, label: 'Take it away' },
    ];
    const chosen = await prompts.choose(property.name, choices);
    if (chosen !== ADD) return chosen === RESET ? '' : undefined;
  }
  return prompts.secret(property.name, (text) => problemOf(property, text, false));
}

/** The values there are, each of which can be taken away, and new ones. */
async function editValues(
  draft: ObjectDraft,
  property: PropertyDefinition,
  parts: PropertyMenuParts,
): Promise<void> {
  const { prompts } = parts;
  for (;;) {
    const values = draft.valuesOf(property);
    const chosen = await prompts.choose(`${property.name}: choose a value to take it away`, [
      { value: DONE, label: 'Done' },
      { value: ADD, label: 'Add a value' },
      ...values.map((value) => ({ value: `${VALUE}${value}`, label: property.type.show(value) })),
    ]);
    if (chosen === undefined || chosen === DONE) return;
    if (chosen !== ADD) {
      const removed = chosen.slice(VALUE.length);
      const left = values.filter((value) => value !== removed);
      if (left.length > 0 || !property.required) draft.set(property, left);
      else prompts.problem(`${property.name} is mandatory: its last value stays.`);
      continue;
    }
    const added = await askAnother(property, parts);
    if (added !== undefined && !values.includes(added)) draft.set(property, [...values, added]);
  }
}

async function askAnother(
  property: PropertyDefinition,
  parts: PropertyMenuParts,
): Promise<string | undefined> {
  const { prompts } = parts;
  const check = (text: string) => problemOf(property, text, false);
  if (property.type.secret || property.type.hashed) return prompts.secret(property.name, check);
  const known = await knownValues(property, parts);
  if (known.length > 0) {
    const choices = [...known.map((value) => ({ value: `${VALUE}${value}`, label: value }))];
    const chosen = await prompts.choose(property.name, [
      ...choices,
      { value: OTHER, label: 'Something else, such as an expression' },
    ]);
    if (chosen !== OTHER) return chosen?.slice(VALUE.length);
  }
  return prompts.text(property.name, { check });
}

async function knownValues(
  { type }: PropertyDefinition,
  { namesOf }: PropertyMenuParts,
): Promise<readonly string[]> {
  if (type.syntax === 'boolean') return ['true', 'false'];
  return type.target === undefined ? [] : namesOf(type.target);
}

function problemOf(property: PropertyDefinition, text: string, mayBeEmpty: boolean): string | undefined {
  if (text === '') return mayBeEmpty ? undefined : 'Type a value, or press Escape.';
  return problemOfWrittenValue(property, dnOfReference(property, text));
}
