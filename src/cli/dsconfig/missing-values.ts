// A command that creates an object, with answers where something that it must be given was not typed, and with whatever
// else somebody wants to give it then.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { withValues } from '../command-line.ts';
import type { Directory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import { askNewObject } from '../menu/new-object.ts';
import type { ObjectDraft } from '../menu/object-draft.ts';
import { editObject } from '../menu/object-menu.ts';
import { Prompts } from '../menu/prompts.ts';
import type { ObjectFamily } from './object-family.ts';
import { namesOfKind } from './object-reading.ts';
import { mandatoryProperties } from './property-edit.ts';

export interface IncompleteCommand {
  readonly invocation: Invocation;
  readonly family: ObjectFamily;
  readonly families: readonly ObjectFamily[];
  /** Kind that was typed or is the only one. */
  readonly kind: ObjectDefinition | undefined;
  readonly name: string | undefined;
  readonly directory: Directory;
  readonly world: World;
}

/** The command as it would have been typed in full. Rejects with CommandError when somebody gives up. */
export async function askWhatIsMissing(command: IncompleteCommand): Promise<Invocation> {
  const { invocation, family, families, kind, name, directory, world } = command;
  const typed = typedValues(invocation);
  const isWhole = kind && mandatoryProperties(kind).every((property) => typed.has(property.name));
  if (isWhole === true && name !== undefined) return invocation;
  const prompts = await Prompts.open(world);
  const namesOf = (target: string) => namesOfKind(directory, target, families);
  const given = new Set(typed.keys());
  const draft = await askNewObject(family, { kind, name, given }, { prompts, namesOf, directory });
  if (draft === undefined) throw new CommandError('Nothing was created.', ExitCode.cancelled);
  for (const property of draft.kind.properties) {
    const values = typed.get(property.name);
    if (values !== undefined) draft.set(property, values);
  }
  const outcome = await editObject(draft, {
    prompts,
    namesOf,
    isPending: async () => false,
    testOf: () => undefined,
    // The command goes on when the menu is left.
    run: async () => true,
  });
  if (outcome === 'left') throw new CommandError('Nothing was created.', ExitCode.cancelled);
  return withDraft(command, draft);
}

/** By the names of properties, in lower case. */
function typedValues(invocation: Invocation): ReadonlyMap<string, readonly string[]> {
  const typed = new Map<string, string[]>();
  for (const text of invocation.values('set')) {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon).toLowerCase();
    typed.set(name, [...(typed.get(name) ?? []), text.slice(colon + 1)]);
  }
  return typed;
}

function withDraft({ invocation, family, kind, name }: IncompleteCommand, draft: ObjectDraft): Invocation {
  const type = [...family.types].find(([, one]) => one === draft.kind)?.[0] ?? '';
  const whole = withValues(invocation, {
    ...(kind === undefined ? { type: [type] } : {}),
    ...(name === undefined && family.nameOption !== undefined ? { [family.nameOption]: [draft.name] } : {}),
  });
  const sets = draft.kind.properties.flatMap((property) =>
    draft.valuesOf(property).map((value) => `${property.name}:${value}`),
  );
  return {
    ...whole,
    value: (option) => (option === 'set' ? sets.at(-1) : whole.value(option)),
    values: (option) => (option === 'set' ? sets : whole.values(option)),
    has: (option) => (option === 'set' ? sets.length > 0 : whole.has(option)),
  };
}
