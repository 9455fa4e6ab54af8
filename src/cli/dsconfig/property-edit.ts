// What `--set`, `--add`, `--remove` and `--reset` ask for, and what can be said against it before a server is asked.
// All problems at once, each with what was probably meant.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { problemOfWrittenValue } from '../../config/written-value.ts';
import type { Modification } from '../../ldap/change.ts';
import { Attribute } from '../../ldap/entry.ts';
import { findSimilarName } from '../../schema/similar-name.ts';
import { CommandError, type Invocation } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { withArticle } from './article.ts';
import { dnOfReference } from './reference-name.ts';

const MAX_NAMES_SHOWN = 40;

/** Requested change of one property. */
interface PropertyEdit {
  readonly property: PropertyDefinition;
  readonly set: string[];
  readonly add: string[];
  readonly remove: string[];
  isReset: boolean;
}

export interface PropertyEdits {
  readonly edits: readonly PropertyEdit[];
  readonly problems: readonly string[];
}

/** Reads the options against the properties of the object. */
export function readEdits(invocation: Invocation, definition: ObjectDefinition): PropertyEdits {
  const edits = new Map<string, PropertyEdit>();
  const problems: string[] = [];
  const editOf = (name: string): PropertyEdit | undefined => {
    const property = definition.propertiesByName.get(name.toLowerCase());
    if (property === undefined) {
      problems.push(unknownProperty(name, definition));
      return undefined;
    }
    const known = edits.get(property.name);
    if (known !== undefined) return known;
    const edit = { property, set: [], add: [], remove: [], isReset: false };
    edits.set(property.name, edit);
    return edit;
  };
  for (const kind of ['set', 'add', 'remove'] as const) {
    for (const written of invocation.values(kind)) {
      const colon = written.indexOf(':');
      const [name, value] = [written.slice(0, colon), written.slice(colon + 1)];
      if (colon <= 0 || value === '') problems.push(withoutValue(kind, written, colon, definition));
      else {
        const edit = editOf(name);
        edit?.[kind].push(dnOfReference(edit.property, value));
      }
    }
  }
  for (const name of invocation.values('reset')) {
    const edit = editOf(name);
    if (edit !== undefined) edit.isReset = true;
  }
  for (const edit of edits.values()) problems.push(...problemsOf(edit));
  return { edits: [...edits.values()], problems };
}

/** Throws CommandError with everything that is wrong, at once. */
export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new CommandError(problems.join('\n'), ExitCode.constraintViolation);
}

/** The modify request that does what is asked. */
export function modificationsOf({ edits }: PropertyEdits): readonly Modification[] {
  return edits.flatMap(({ property, set, add, remove, isReset }) => {
    const modification = (operation: Modification['operation'], values: readonly string[]) => ({
      operation,
      attribute: new Attribute(property.attribute, values),
    });
    if (isReset) return [modification('replace', [])];
    if (set.length > 0) return [modification('replace', set)];
    return [
      ...(remove.length > 0 ? [modification('delete', remove)] : []),
      ...(add.length > 0 ? [modification('add', add)] : []),
    ];
  });
}

/** The attributes of a new object. */
export function attributesOf({ edits }: PropertyEdits): readonly Attribute[] {
  return edits.map(({ property, set }) => new Attribute(property.attribute, set));
}

/** Those that a new object must be given; its name is given by an option of its own. */
export function mandatoryProperties({
  properties,
  namingAttribute,
}: ObjectDefinition): readonly PropertyDefinition[] {
  return properties.filter(({ required, attribute }) => required && attribute !== namingAttribute);
}

/** Mandatory properties that a new object would be without. */
export function problemsOfMissing({ edits }: PropertyEdits, definition: ObjectDefinition): readonly string[] {
  const given = new Set(edits.map(({ property }) => property));
  return mandatoryProperties(definition)
    .filter((property) => !given.has(property))
    .map(
      ({ name, allowed }) =>
        `${name}: is mandatory and has no value. Give one with --set ${name}:VALUE. Allowed: ${allowed}.`,
    );
}

/** The sentence for a property that the object does not have. */
export function unknownProperty(name: string, definition: ObjectDefinition): string {
  const names = definition.properties.map((property) => property.name);
  const kind = withArticle(definition.friendlyName);
  const similar = findSimilarName(name, names);
  if (similar !== undefined) return `${name}: ${kind} has no such property. Did you mean ${similar}?`;
  // A word that is like no property may be a secret whose property somebody forgot.
  const properties = `The properties are: ${names.slice(0, MAX_NAMES_SHOWN).join(', ')}.`;
  return `One of the properties named is none that ${kind} has. ${properties}`;
}

function withoutValue(kind: string, written: string, colon: number, definition: ObjectDefinition): string {
  const isKnown = definition.propertiesByName.has(
    written.slice(0, colon < 0 ? undefined : colon).toLowerCase(),
  );
  if (colon < 0) {
    // Without a colon nobody knows whether it is a property or the value of one.
    const shown = isKnown ? ` ${JSON.stringify(written)}` : '';
    return `--${kind}${shown} has no colon. Write --${kind} PROPERTY:VALUE.`;
  }
  if (colon === 0) return `--${kind} has no property before its colon. Write --${kind} PROPERTY:VALUE.`;
  const name = isKnown ? written.slice(0, colon) : 'PROPERTY';
  return `--${kind} ${name}: has no value. Write one behind the colon, or use --reset ${name}.`;
}

function problemsOf({ property, set, add, remove, isReset }: PropertyEdit): readonly string[] {
  const { name, multiValued, required, readOnly } = property;
  const problems: string[] = [];
  const isEdited = add.length > 0 || remove.length > 0;
  if ((set.length > 0 || isReset) && isEdited) {
    problems.push(`${name}: --set and --reset exclude --add and --remove. Use one or the other.`);
  }
  if (set.length > 0 && isReset) problems.push(`${name}: --set and --reset exclude each other.`);
  if (isReset && required) {
    problems.push(`${name}: is mandatory and has no default to go back to. Give it a value with --set.`);
  }
  if (isReset && readOnly) problems.push(`${name}: cannot be changed after the object was created.`);
  if (set.length > 1 && !multiValued) {
    problems.push(`${name}: takes one value, and --set gives it ${set.length}. Leave one.`);
  }
  for (const value of [...set, ...add]) {
    const problem = problemOfWrittenValue(property, value);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}
