// Questions for what a new object must have and nobody has said yet: its type, its name, its mandatory properties.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { Directory } from '../connection/directory.ts';
import { hasTypes, type ObjectFamily } from '../dsconfig/object-family.ts';
import { listObjects } from '../dsconfig/object-reading.ts';
import { mandatoryProperties } from '../dsconfig/property-edit.ts';
import { ObjectDraft } from './object-draft.ts';
import type { Prompts } from './prompts.ts';
import { editProperty, type PropertyMenuParts } from './property-menu.ts';

/** Properties of the new object that are known already. */
export interface KnownOfObject {
  readonly kind?: ObjectDefinition | undefined;
  readonly name?: string | undefined;
  /** By the names of properties. */
  readonly given?: ReadonlySet<string>;
}

export interface NewObjectParts extends PropertyMenuParts {
  readonly prompts: Prompts;
  readonly directory: Directory;
}

/** With what was answered; undefined when somebody gives up. */
export async function askNewObject(
  family: ObjectFamily,
  { kind: knownKind, name: knownName, given = new Set() }: KnownOfObject,
  parts: NewObjectParts,
): Promise<ObjectDraft | undefined> {
  const kind = knownKind ?? (await askType(family, parts));
  const name = kind && (knownName ?? (await askName(family, parts)));
  if (kind === undefined || name === undefined) return undefined;
  const draft = new ObjectDraft(family, kind, name, undefined);
  for (const property of mandatoryProperties(kind)) {
    if (given.has(property.name)) continue;
    await editProperty(draft, property, parts);
    if (draft.valuesOf(property).length === 0) return undefined;
  }
  return draft;
}

async function askType(
  family: ObjectFamily,
  { prompts }: NewObjectParts,
): Promise<ObjectDefinition | undefined> {
  const [only] = family.types.keys();
  const types = [...family.types].map(([value, kind]) => ({
    value,
    label: kind.friendlyName,
    hint: kind.synopsis,
  }));
  const type = hasTypes(family) ? await prompts.choose('Which kind?', types) : only;
  return family.types.get(type ?? '');
}

async function askName(
  family: ObjectFamily,
  { prompts, directory }: NewObjectParts,
): Promise<string | undefined> {
  const { friendlyName } = family.definition;
  const taken = new Set((await listObjects(directory, family)).map(({ name }) => name.toLowerCase()));
  const name = await prompts.text(`The name of the new ${friendlyName}`, {
    check: (text) => {
      if (text.trim() === '') return 'Type a name, or press Escape.';
      return taken.has(text.trim().toLowerCase()) ? `There is a ${friendlyName} of this name.` : undefined;
    },
  });
  return name?.trim();
}
