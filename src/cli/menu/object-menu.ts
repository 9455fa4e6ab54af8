// One object: its properties with their values, and what can be done with it. Nothing is sent before somebody says so.

import type { PropertyDefinition } from '../../config/property-definition.ts';
import { formatCommand } from '../dsconfig/equivalent-command.ts';
import type { ObjectDraft } from './object-draft.ts';
import type { Choice, Prompts } from './prompts.ts';
import { editProperty, type PropertyMenuParts } from './property-menu.ts';

export interface ObjectMenuParts extends PropertyMenuParts {
  readonly prompts: Prompts;
  /** Runs a subcommand and what stands behind it; resolves to whether it did what it should, and says so. */
  readonly run: (words: readonly string[], shown: string) => Promise<boolean>;
  /** Resolves to true if values of the stored object are not effective yet. */
  readonly isPending: (draft: ObjectDraft) => Promise<boolean>;
  /** The command that tests an object of this kind, stored or not, if there is one that can be asked now. */
  readonly testOf: (draft: ObjectDraft) => string | undefined;
}

const ENABLED = 'enabled';
const CONNECTION_HANDLER = 'connection-handler';
const PROPERTY = 'property:';
const SAVE = 'save';
const COMMAND = 'command';
const TEST = 'test';
const RENAME = 'rename';
const DELETE = 'delete';
const ADVANCED = 'advanced';
const BACK = 'back';

/** Resolves to `saved` when what is stored is another now, to `left` when not. */
export async function editObject(draft: ObjectDraft, parts: ObjectMenuParts): Promise<'saved' | 'left'> {
  const { prompts } = parts;
  let withAdvanced = false;
  let last: string | undefined;
  for (;;) {
    const title = `${draft.kind.friendlyName} ${draft.name}${draft.isChanged ? ' (not saved yet)' : ''}`;
    const chosen = await prompts.choose(title, choicesOf(draft, parts, withAdvanced), last);
    last = chosen;
    if (chosen === undefined || chosen === BACK) {
      if (!draft.isChanged || (await prompts.confirm('Leave without saving?'))) return 'left';
    } else if (chosen === ADVANCED) withAdvanced = true;
    else if (chosen === COMMAND) prompts.show('The equivalent command', draft.shownCommand());
    else if (chosen === RENAME) {
      if (await renameObject(draft, parts)) return 'saved';
    } else if (chosen === DELETE) {
      if (await deleteObject(draft, parts)) return 'saved';
    } else if (chosen === SAVE) {
      if (await save(draft, parts)) return 'saved';
    } else if (chosen === TEST) await test(draft, parts);
    else {
      const property = draft.kind.propertiesByName.get(chosen.slice(PROPERTY.length));
      if (property !== undefined) await editProperty(draft, property, parts);
    }
  }
}

function choicesOf(
  draft: ObjectDraft,
  { testOf }: ObjectMenuParts,
  withAdvanced: boolean,
): readonly Choice[] {
  const { kind, isNew, isChanged } = draft;
  const properties = kind.properties
    .filter((property) => withAdvanced || !property.advanced || draft.isEdited(property))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const width = Math.max(...properties.map(({ name }) => name.length));
  const saving = [
    { value: SAVE, label: isNew ? `Create the ${kind.friendlyName}` : 'Save the changes' },
    { value: COMMAND, label: 'Show the equivalent command' },
  ];
  const isTestable = testOf(draft) !== undefined;
  const mayGo = !isNew && draft.family.nameOption !== undefined;
  return [
    ...properties.map((property) => propertyChoice(draft, property, width)),
    ...(isChanged ? saving : []),
    ...(isTestable ? [{ value: TEST, label: `Test this ${kind.friendlyName}` }] : []),
    ...(withAdvanced ? [] : [{ value: ADVANCED, label: 'Show advanced properties' }]),
    ...(mayGo && !isChanged ? [{ value: RENAME, label: `Rename this ${kind.friendlyName}` }] : []),
    ...(mayGo ? [{ value: DELETE, label: `Delete this ${kind.friendlyName}` }] : []),
    { value: BACK, label: 'Back' },
  ];
}

function propertyChoice(draft: ObjectDraft, property: PropertyDefinition, width: number): Choice {
  const mark = draft.isEdited(property) ? ' (edited)' : '';
  return {
    value: `${PROPERTY}${property.name}`,
    label: `${property.name.padEnd(width)} : ${draft.shown(property)}${mark}`,
  };
}

async function save(draft: ObjectDraft, parts: ObjectMenuParts): Promise<boolean> {
  if (!(await parts.run(draft.command(), draft.shownCommand()))) return false;
  if (mayRestart(draft) && (await parts.isPending(draft))) await offerRestart(draft, parts);
  return true;
}

/**
 * Returns true if the object may be restarted. Who disabled the connection handler of the own connection could not enable it
 * again.
 */
function mayRestart(draft: ObjectDraft): boolean {
  const { kind, family, isNew } = draft;
  const enabled = kind.propertiesByName.get(ENABLED);
  if (isNew || enabled === undefined || family.name === CONNECTION_HANDLER) return false;
  return (
    draft.valuesOf(enabled).join() === 'true' &&
    kind.properties.some(
      (property) => draft.isEdited(property) && property.adminAction.kind === 'component-restart',
    )
  );
}

async function offerRestart(draft: ObjectDraft, { prompts, run }: ObjectMenuParts): Promise<void> {
  const { family, kind, name } = draft;
  const question = `Disable the ${kind.friendlyName} ${name} and enable it again now, so that all stored values become effective?`;
  if (!(await prompts.confirm(question))) return;
  for (const value of ['false', 'true']) {
    const words = [`set-${family.name}-prop`, ...draft.nameWords(), '--set', `${ENABLED}:${value}`];
    if (!(await run(words, formatCommand(words)))) return;
  }
}

async function test(draft: ObjectDraft, { run, testOf }: ObjectMenuParts): Promise<void> {
  const command = testOf(draft);
  if (command !== undefined) await run(draft.command(command), draft.shownCommand(command));
}

async function renameObject(draft: ObjectDraft, { prompts, run }: ObjectMenuParts): Promise<boolean> {
  const { family, kind, name } = draft;
  const check = (text: string) => (text.trim() === '' ? `Give the ${kind.friendlyName} a name.` : undefined);
  const newName = await prompts.text(`The new name of the ${kind.friendlyName}`, { initial: name, check });
  if (newName === undefined || newName === name) return false;
  // A name may begin as an option does.
  const words = [`rename-${family.name}`, '--', name, newName];
  return run(words, formatCommand(words));
}

async function deleteObject(draft: ObjectDraft, { prompts, run }: ObjectMenuParts): Promise<boolean> {
  const { family, kind, name } = draft;
  if (!(await prompts.confirm(`Delete the ${kind.friendlyName} ${name}?`))) return false;
  const words = [`delete-${family.name}`, ...draft.nameWords(), '--no-prompt'];
  return run(words, formatCommand(words));
}
