// A command that creates an object, with answers where what it must be told was not typed.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { withValues } from '../command-line.ts';
import type { Directory } from '../directory.ts';
import { ExitCode } from '../exit-code.ts';
import { askNewObject } from '../menu/new-object.ts';
import { Prompts } from '../menu/prompts.ts';
import type { ObjectFamily } from './object-family.ts';
import { namesOfKind } from './object-reading.ts';
import { mandatoryProperties } from './property-edit.ts';

export interface IncompleteCommand {
  readonly invocation: Invocation;
  readonly family: ObjectFamily;
  readonly families: readonly ObjectFamily[];
  /** What was typed, or goes without saying. */
  readonly kind: ObjectDefinition | undefined;
  readonly name: string | undefined;
  readonly directory: Directory;
  readonly world: World;
}

/** The command as it would have been typed in full. Rejects with CommandError when somebody gives up. */
export async function askWhatIsMissing(command: IncompleteCommand): Promise<Invocation> {
  const { invocation, family, families, kind, name, directory, world } = command;
  const given = new Set(invocation.values('set').map((text) => text.split(':', 1)[0]?.toLowerCase() ?? ''));
  const isWhole = kind && mandatoryProperties(kind).every((property) => given.has(property.name));
  if (isWhole === true && name !== undefined) return invocation;
  const prompts = await Prompts.open(world);
  const namesOf = (target: string) => namesOfKind(directory, target, families);
  const draft = await askNewObject(family, { kind, name, given }, { prompts, namesOf, directory });
  if (draft === undefined) throw new CommandError('Nothing was created.', ExitCode.cancelled);
  const type = [...family.types].find(([, one]) => one === draft.kind)?.[0] ?? '';
  return withValues(invocation, {
    ...(kind === undefined ? { type: [type] } : {}),
    ...(name === undefined && family.nameOption !== undefined ? { [family.nameOption]: [draft.name] } : {}),
    set: draft.kind.properties.flatMap((property) =>
      draft.valuesOf(property).map((value) => `${property.name}:${value}`),
    ),
  });
}
