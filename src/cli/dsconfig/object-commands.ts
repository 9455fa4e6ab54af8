// dsconfig's subcommands for every kind of object: create-X, list-Xs, get-X-prop, set-X-prop, delete-X. One function
// a verb; what an object is called and has comes from its declaration.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import { Dn } from '../../ldap/dn.ts';
import { Attribute, Entry } from '../../ldap/entry.ts';
import { type Command, CommandError, type CommandOption, type Invocation, type World } from '../command.ts';
import type { Directory, OpenDirectory } from '../directory.ts';
import { ExitCode } from '../exit-code.ts';
import { OUTPUT_OPTIONS, type Output, outputOf } from '../output.ts';
import { hasTypes, type ObjectFamily } from './object-family.ts';
import { kindOfEntry, type ListedObject, readObject, shownProperties } from './object-reading.ts';
import {
  attributesOf,
  EDIT_OPTIONS,
  modificationsOf,
  type PropertyEdits,
  problemsOfMissing,
  readEdits,
  SET_OPTION,
} from './property-edit.ts';

export interface ObjectCommandsOptions {
  readonly families: readonly ObjectFamily[];
  /** The options that `open` understands. */
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
}

const PROPERTY_OPTION: CommandOption = {
  name: 'property',
  value: 'PROPERTY',
  repeatable: true,
  synopsis: 'show this property, also an advanced one',
};
const ADVANCED_OPTION: CommandOption = { name: 'advanced', synopsis: 'show advanced properties too' };
const RECORD_OPTION: CommandOption = { name: 'record', synopsis: 'one line for every value' };
const FORCE_OPTION: CommandOption = {
  name: 'force',
  short: 'f',
  synopsis: 'succeed also when there is no such object',
};

/** All subcommands of all families, in the order of help. */
export function objectCommands(options: ObjectCommandsOptions): readonly Command[] {
  return options.families.flatMap((family) => new FamilyCommands(family, options).all());
}

class FamilyCommands {
  readonly #family: ObjectFamily;
  readonly #options: ObjectCommandsOptions;
  readonly #group: string;

  constructor(family: ObjectFamily, options: ObjectCommandsOptions) {
    this.#family = family;
    this.#options = options;
    const { friendlyName, friendlyPluralName } = family.definition;
    this.#group = family.nameOption === undefined ? friendlyName : friendlyPluralName;
  }

  all(): readonly Command[] {
    const isSingle = this.#family.nameOption === undefined;
    return isSingle
      ? [this.#get(), this.#set()]
      : [this.#create(), this.#list(), this.#get(), this.#set(), this.#delete()];
  }

  #create(): Command {
    const { name, definition } = this.#family;
    const types = [...this.#family.types.keys()];
    const typeOption = {
      name: 'type',
      short: 't',
      value: 'TYPE',
      synopsis: `which kind: ${types.join(', ')}`,
    };
    return this.#command({
      name: `create-${name}`,
      synopsis: `Creates a ${definition.friendlyName}.`,
      options: [...(hasTypes(this.#family) ? [typeOption] : []), ...this.#nameOptions(), SET_OPTION],
      act: async (directory, invocation, output) => {
        const kind = this.#chosenType(invocation);
        const edits = readEdits(invocation, kind);
        refuse([...edits.problems, ...problemsOfMissing(edits, kind)]);
        const entry = newEntry(this.#dn(invocation), kind, edits);
        output.notes(await directory.add(entry));
        output.done(`The ${kind.friendlyName} was created successfully`);
      },
    });
  }

  #list(): Command {
    const { plural, definition, place } = this.#family;
    return this.#command({
      name: `list-${plural}`,
      synopsis: `Lists the ${definition.friendlyPluralName}.`,
      options: [PROPERTY_OPTION],
      act: async (directory, invocation, output) => {
        const found = await directory.search({ base: place, scope: 'one' });
        const objects = found
          .flatMap((entry): readonly ListedObject[] => {
            const kind = kindOfEntry(entry, this.#family);
            return kind === undefined ? [] : [readObject(entry, kind)];
          })
          .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
        output.list(this.#family, objects, invocation.values('property'));
      },
    });
  }

  #get(): Command {
    const { name, definition } = this.#family;
    return this.#command({
      name: `get-${name}-prop`,
      synopsis: `Shows the properties of a ${definition.friendlyName}.`,
      options: [...this.#nameOptions(), PROPERTY_OPTION, ADVANCED_OPTION, RECORD_OPTION],
      act: async (directory, invocation, output) => {
        const { entry, kind } = await this.#find(directory, invocation);
        const named = invocation.values('property');
        const properties = shownProperties(kind, named, invocation.has('advanced'));
        output.properties(readObject(entry, kind), properties, invocation.has('record'));
      },
    });
  }

  #set(): Command {
    const { name, definition } = this.#family;
    return this.#command({
      name: `set-${name}-prop`,
      synopsis: `Changes the properties of a ${definition.friendlyName}.`,
      options: [...this.#nameOptions(), ...EDIT_OPTIONS],
      act: async (directory, invocation, output) => {
        const { entry, kind } = await this.#find(directory, invocation);
        const edits = readEdits(invocation, kind);
        refuse(edits.problems);
        const modifications = modificationsOf(edits);
        if (modifications.length === 0) {
          throw new CommandError(
            'Nothing is to be changed. Use --set, --add, --remove or --reset.',
            ExitCode.parameterError,
          );
        }
        output.notes(await directory.modify(entry.dn.toString(), modifications));
        output.done(`The ${kind.friendlyName} was modified successfully`);
      },
    });
  }

  #delete(): Command {
    const { name, definition } = this.#family;
    return this.#command({
      name: `delete-${name}`,
      synopsis: `Deletes a ${definition.friendlyName}.`,
      options: [...this.#nameOptions(), FORCE_OPTION],
      act: async (directory, invocation, output) => {
        try {
          output.notes(await directory.delete(this.#dn(invocation).toString()));
        } catch (error) {
          const isMissing = error instanceof CommandError && error.exitCode === ExitCode.noSuchObject;
          if (!isMissing || !invocation.has('force')) throw error;
          return;
        }
        output.done(`The ${definition.friendlyName} was deleted successfully`);
      },
    });
  }

  #command(parts: {
    readonly name: string;
    readonly synopsis: string;
    readonly options: readonly CommandOption[];
    act(directory: Directory, invocation: Invocation, output: Output): Promise<void>;
  }): Command {
    const { open, connectionOptions } = this.#options;
    return {
      name: parts.name,
      group: this.#group,
      synopsis: parts.synopsis,
      options: [...parts.options, ...OUTPUT_OPTIONS, ...connectionOptions],
      run: async (invocation: Invocation, world: World) => {
        const directory = await open(invocation, world);
        try {
          await parts.act(directory, invocation, outputOf(invocation, world));
          return ExitCode.success;
        } finally {
          await directory.close();
        }
      },
    };
  }

  #nameOptions(): readonly CommandOption[] {
    const { nameOption, definition } = this.#family;
    if (nameOption === undefined) return [];
    return [{ name: nameOption, value: 'NAME', synopsis: `the name of the ${definition.friendlyName}` }];
  }

  #dn(invocation: Invocation): Dn {
    const { nameOption, place, definition } = this.#family;
    if (nameOption === undefined) return Dn.parse(place);
    const name = invocation.value(nameOption);
    if (name === undefined || name === '') {
      throw new CommandError(
        `Which ${definition.friendlyName}? Give its name with --${nameOption}.`,
        ExitCode.parameterError,
      );
    }
    return Dn.parse(place).child([{ type: definition.namingAttribute, value: name }]);
  }

  #chosenType(invocation: Invocation): ObjectDefinition {
    const { types, definition } = this.#family;
    const written = invocation.value('type');
    const [only] = types.values();
    if (written === undefined && types.size === 1 && only !== undefined) return only;
    const kind = types.get(written?.toLowerCase() ?? '');
    if (kind !== undefined) return kind;
    const known = [...types.keys()].join(', ');
    const problem =
      written === undefined ? 'has several types' : `cannot be of the type ${JSON.stringify(written)}`;
    throw new CommandError(
      `A ${definition.friendlyName} ${problem}. Give one with --type: ${known}.`,
      ExitCode.parameterError,
    );
  }

  async #find(
    directory: Directory,
    invocation: Invocation,
  ): Promise<{ entry: Entry; kind: ObjectDefinition }> {
    const dn = this.#dn(invocation).toString();
    const [entry] = await directory.search({ base: dn, scope: 'base' });
    const kind = entry && kindOfEntry(entry, this.#family);
    if (entry !== undefined && kind !== undefined) return { entry, kind };
    throw new CommandError(
      `${dn}: there is no such ${this.#family.definition.friendlyName}.`,
      ExitCode.noSuchObject,
    );
  }
}

function newEntry(dn: Dn, kind: ObjectDefinition, edits: PropertyEdits): Entry {
  const classes: string[] = [];
  for (let at: ObjectDefinition | undefined = kind; at !== undefined; at = at.parent) {
    classes.unshift(at.objectClass.name);
  }
  return new Entry(dn, [
    new Attribute('objectClass', ['top', ...classes]),
    new Attribute(kind.namingAttribute, [dn.name]),
    ...attributesOf(edits),
  ]);
}

/** Everything that is wrong, at once. */
function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new CommandError(problems.join('\n'), ExitCode.constraintViolation);
}
