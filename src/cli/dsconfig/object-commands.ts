// dsconfig's subcommands for every kind of object: create-X, list-Xs, get-X-prop, set-X-prop, delete-X. One function
// a verb; what an object is called and has comes from its declaration.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { askYesOrNo, hasTerminal, mayBeAsked, requireTerminal } from '../ask.ts';
import { type Command, CommandError, type CommandOption, type Invocation, type World } from '../command.ts';
import type { Directory, OpenDirectory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import { nearestEntry } from '../nearest-entry.ts';
import { outputOf } from '../output.ts';
import { OUTPUT_OPTIONS } from '../output-options.ts';
import { withArticle } from './article.ts';
import { asksForEdits, EDIT_OPTIONS, SET_OPTION } from './edit-options.ts';
import { EQUIVALENT_OPTIONS, equivalentWords, tellCommand } from './equivalent-command.ts';
import { newEntry } from './new-entry.ts';
import {
  ADVANCED_OPTION,
  type CommandParts,
  type Completing,
  FORCE_OPTION,
  PROPERTY_OPTION,
  RECORD_OPTION,
} from './object-command-parts.ts';
import { hasTypes, type ObjectFamily } from './object-family.ts';
import {
  askedAttributes,
  isThere,
  kindOfEntry,
  listObjects,
  readObject,
  shownProperties,
} from './object-reading.ts';
import { modificationsOf, problemsOfMissing, readEdits, refuse, unknownProperty } from './property-edit.ts';
import { adviseOnSecrets } from './typed-secrets.ts';
import { UNIT_OPTIONS } from './units.ts';

export interface ObjectCommandsOptions {
  readonly families: readonly ObjectFamily[];
  /** The options that `open` understands. */
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
  /** True if a person types the commands one by one: then questions may be asked, and advice given. */
  readonly isTyped: boolean;
}

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
      : [this.#create(), this.#list(), this.#get(), this.#set(), this.#rename(), this.#delete()];
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
      synopsis: `Creates ${withArticle(definition.friendlyName)}.`,
      description:
        'On a terminal it asks for what is mandatory and was not given, and offers the optional properties then, unless\n' +
        '--no-prompt is given.',
      options: [...(hasTypes(this.#family) ? [typeOption] : []), ...this.#nameOptions(), SET_OPTION],
      check: (invocation, isAsked) => this.#checkNew(invocation, isAsked),
      complete: (invocation, parts) => this.#complete(invocation, parts),
      act: async ({ directory, invocation, output }) => {
        const kind = this.#chosenType(invocation);
        const entry = newEntry(this.#dn(invocation), kind, readEdits(invocation, kind));
        output.notes(await directory.add(entry));
        output.made(`The ${kind.friendlyName} ${JSON.stringify(entry.dn.name)} was created`);
      },
    });
  }

  #list(): Command {
    const { plural, definition } = this.#family;
    return this.#command({
      name: `list-${plural}`,
      synopsis: `Lists the ${definition.friendlyPluralName}.`,
      options: [PROPERTY_OPTION, ...UNIT_OPTIONS],
      check: (invocation) => this.#checkNames(invocation),
      act: async ({ directory, invocation, output }) => {
        const objects = await listObjects(directory, this.#family);
        output.list(this.#family, objects, invocation.values('property'));
      },
    });
  }

  #get(): Command {
    const { name } = this.#family;
    return this.#command({
      name: `get-${name}-prop`,
      synopsis: `Shows the properties of ${this.#one()}.`,
      options: [...this.#nameOptions(), PROPERTY_OPTION, RECORD_OPTION, ...UNIT_OPTIONS],
      check: (invocation) => {
        this.#checkNames(invocation);
        this.#dn(invocation);
      },
      act: async ({ directory, invocation, output }) => {
        const { entry, kind } = await this.#find(directory, invocation);
        const named = invocation.values('property');
        const properties = shownProperties(kind, named, invocation.has('advanced'));
        output.properties(readObject(entry, kind), properties, invocation.has('record'));
      },
    });
  }

  #set(): Command {
    const { name } = this.#family;
    return this.#command({
      name: `set-${name}-prop`,
      synopsis: `Changes the properties of ${this.#one()}.`,
      options: [...this.#nameOptions(), ...EDIT_OPTIONS],
      check: (invocation) => this.#checkEdits(invocation),
      act: async ({ directory, invocation, output, world }) => {
        const { entry, kind } = await this.#find(directory, invocation);
        const edits = readEdits(invocation, kind);
        refuse(edits.problems);
        output.notes(await directory.modify(entry.dn.toString(), modificationsOf(edits)));
        output.done(`The ${kind.friendlyName} was modified successfully`);
        if (!this.#options.isTyped) return;
        const { offerRestart } = await import('./due-restart.ts');
        await offerRestart({ directory, entry, kind, edits, invocation, world });
      },
    });
  }

  #rename(): Command {
    const { name, place, definition } = this.#family;
    const rdnOf = (text: string) => [{ type: definition.namingAttribute, value: text }];
    return this.#command({
      name: `rename-${name}`,
      synopsis: `Gives ${withArticle(definition.friendlyName)} another name.`,
      description: 'Whatever refers to it names it by its new name from then on.',
      operands: 'OLD NEW',
      options: [],
      check: (invocation) => void this.#newName(invocation),
      act: async ({ directory, invocation, output }) => {
        const { from, to } = this.#newName(invocation);
        output.notes(await directory.rename(Dn.parse(place).child(rdnOf(from)).toString(), rdnOf(to)));
        output.made(`The ${definition.friendlyName} ${JSON.stringify(to)} was renamed`);
      },
    });
  }

  /** Throws CommandError unless there are two names. */
  #newName({ operands }: Invocation): { readonly from: string; readonly to: string } {
    const [from = '', to = ''] = operands;
    if (operands.length === 2 && from !== '' && to !== '') return { from, to };
    const problem = `Give two names: that of the ${this.#family.definition.friendlyName}, and its new one.`;
    throw new CommandError(problem, ExitCode.parameterError);
  }

  #delete(): Command {
    const { name, definition } = this.#family;
    return this.#command({
      name: `delete-${name}`,
      synopsis: `Deletes ${withArticle(definition.friendlyName)}.`,
      description: 'Asks first on a terminal. Without a terminal, --no-prompt must be given.',
      options: [...this.#nameOptions(), FORCE_OPTION],
      shownWords: ['--no-prompt'],
      check: (invocation, _, world) => this.#checkDeletion(invocation, world),
      act: async ({ directory, invocation, output, world }) => {
        const dn = this.#dn(invocation);
        // The deletion reports when it is not there.
        const isAsked =
          this.#options.isTyped && !invocation.has('no-prompt') && (await isThere(directory, dn));
        if (isAsked && !(await askYesOrNo(this.#deletionQuestion(dn.name), world))) {
          throw new CommandError('Nothing was deleted.', ExitCode.cancelled);
        }
        try {
          output.notes(await directory.delete(dn.toString()));
        } catch (error) {
          if (!(error instanceof CommandError) || error.exitCode !== ExitCode.noSuchObject) throw error;
          if (invocation.has('force')) return;
          throw new CommandError(`${error.message}${await nearestEntry(directory, dn)}`, error.exitCode);
        }
        output.made(`The ${definition.friendlyName} ${JSON.stringify(dn.name)} was deleted`);
      },
    });
  }

  #command(parts: CommandParts): Command {
    const { open, connectionOptions, isTyped } = this.#options;
    const options = [
      ...parts.options,
      ADVANCED_OPTION,
      ...OUTPUT_OPTIONS,
      ...EQUIVALENT_OPTIONS,
      ...connectionOptions,
    ];
    const { name, synopsis, description, operands } = parts;
    return {
      name,
      group: this.#group,
      synopsis,
      options,
      ...(operands === undefined ? {} : { operands }),
      ...(description === undefined ? {} : { description }),
      run: async (invocation: Invocation, world: World) => {
        const isAsked = isTyped && hasTerminal(world) && mayBeAsked(invocation);
        parts.check(invocation, isAsked, world);
        if (isTyped) adviseOnSecrets(invocation, this.#family, world);
        const directory = await open(invocation, world);
        try {
          const whole = isAsked
            ? ((await parts.complete?.(invocation, { directory, world })) ?? invocation)
            : invocation;
          await parts.act({ directory, invocation: whole, output: outputOf(whole, world), world });
          const words = equivalentWords({ name, options }, whole, this.#family);
          const missing = parts.shownWords?.filter((word) => !words.includes(word)) ?? [];
          await tellCommand([...words, ...missing], whole, world);
          return ExitCode.success;
        } finally {
          await directory.close();
        }
      },
    };
  }

  /** All that is wrong with a new object; what is missing is no problem where it will be asked for. */
  #checkNew(invocation: Invocation, isAsked: boolean): void {
    const name = this.#nameIn(invocation);
    if (!isAsked || this.#typeIn(invocation) !== undefined) {
      const kind = this.#chosenType(invocation);
      const edits = readEdits(invocation, kind);
      const problems = [...edits.problems, ...(isAsked ? [] : problemsOfMissing(edits, kind))];
      const isNameless = name === undefined && !isAsked && problems.length > 0;
      refuse([...(isNameless ? [this.#whichName()] : []), ...problems]);
    }
    if (!isAsked || name !== undefined) this.#dn(invocation);
  }

  /** Throws CommandError where nobody can be asked and nobody has consented. */
  #checkDeletion(invocation: Invocation, world: World): void {
    const question = this.#deletionQuestion(this.#dn(invocation).name);
    if (this.#options.isTyped && !invocation.has('no-prompt')) requireTerminal(question, world);
  }

  #deletionQuestion(name: string): string {
    return `Delete the ${this.#family.definition.friendlyName} ${JSON.stringify(name)}?`;
  }

  async #complete(invocation: Invocation, { directory, world }: Completing): Promise<Invocation> {
    const isTyped = this.#typeIn(invocation) !== undefined;
    const { askWhatIsMissing } = await import('./missing-values.ts');
    const { FAMILIES } = await import('./families.ts');
    const whole = await askWhatIsMissing({
      invocation,
      directory,
      world,
      family: this.#family,
      families: FAMILIES,
      kind: isTyped ? this.#chosenType(invocation) : undefined,
      name: this.#nameIn(invocation),
    });
    this.#checkNew(whole, false);
    return whole;
  }

  /** `a Mail Server`, and `the Global Configuration`, of which there is one. */
  #one(): string {
    const { nameOption, definition } = this.#family;
    return nameOption === undefined ? `the ${definition.friendlyName}` : withArticle(definition.friendlyName);
  }

  /** Names of properties that no type has. */
  #checkNames(invocation: Invocation): void {
    const { types, definition } = this.#family;
    const unknown = invocation
      .values('property')
      .filter((name) => ![...types.values()].some((kind) => kind.propertiesByName.has(name.toLowerCase())));
    if (unknown.length === 0) return;
    const [only] = types.size === 1 ? types.values() : [];
    const problems = unknown.map((name) => unknownProperty(name, only ?? definition));
    throw new CommandError(problems.join('\n'), ExitCode.parameterError);
  }

  /** Of several types only the server knows which the object is. */
  #checkEdits(invocation: Invocation): void {
    this.#dn(invocation);
    if (!asksForEdits(invocation)) {
      throw new CommandError(
        'Nothing is to be changed. Use --set, --add, --remove or --reset.',
        ExitCode.parameterError,
      );
    }
    const [kind, ...others] = this.#family.types.values();
    if (kind !== undefined && others.length === 0) refuse(readEdits(invocation, kind).problems);
  }

  #nameOptions(): readonly CommandOption[] {
    const { nameOption, definition } = this.#family;
    if (nameOption === undefined) return [];
    return [{ name: nameOption, value: 'NAME', synopsis: `the name of the ${definition.friendlyName}` }];
  }

  #dn(invocation: Invocation): Dn {
    const { nameOption, place, definition } = this.#family;
    if (nameOption === undefined) return Dn.parse(place);
    const name = this.#nameIn(invocation);
    if (name === undefined || name === '') throw new CommandError(this.#whichName(), ExitCode.parameterError);
    return Dn.parse(place).child([{ type: definition.namingAttribute, value: name }]);
  }

  #nameIn(invocation: Invocation): string | undefined {
    return invocation.value(this.#family.nameOption ?? '');
  }

  #whichName(): string {
    const { nameOption, definition } = this.#family;
    return `Which ${definition.friendlyName}? Give its name with --${nameOption}.`;
  }

  /** Returns the name that `--type` has for it; undefined for a family without types. */
  #typeIn(invocation: Invocation): string | undefined {
    const [only, ...others] = this.#family.types.keys();
    return invocation.value('type') ?? (others.length === 0 ? only : undefined);
  }

  #chosenType(invocation: Invocation): ObjectDefinition {
    const { types, definition } = this.#family;
    const written = this.#typeIn(invocation);
    const kind = types.get(written?.toLowerCase() ?? '');
    if (kind !== undefined) return kind;
    const known = [...types.keys()].join(', ');
    const problem =
      written === undefined ? 'has several types' : `cannot be of the type ${JSON.stringify(written)}`;
    throw new CommandError(
      `${capitalized(withArticle(definition.friendlyName))} ${problem}. Give one with --type: ${known}.`,
      ExitCode.parameterError,
    );
  }

  async #find(
    directory: Directory,
    invocation: Invocation,
  ): Promise<{ entry: Entry; kind: ObjectDefinition }> {
    const dn = this.#dn(invocation);
    const entry = await findEntry(directory, dn, askedAttributes(this.#family));
    const kind = entry && kindOfEntry(entry, this.#family);
    if (entry !== undefined && kind !== undefined) return { entry, kind };
    const what = this.#family.definition.friendlyName;
    const nearest = entry === undefined ? await nearestEntry(directory, dn) : '';
    throw new CommandError(`${dn}: there is no such ${what}.${nearest}`, ExitCode.noSuchObject);
  }
}

/** Returns the entry with these attributes, if it is there. */
async function findEntry(
  directory: Directory,
  dn: Dn,
  attributes: readonly string[],
): Promise<Entry | undefined> {
  try {
    const [entry] = await directory.search({ base: dn.toString(), scope: 'base', attributes });
    return entry;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === ExitCode.noSuchObject) return undefined;
    throw error;
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
