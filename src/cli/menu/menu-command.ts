// `confdit menu`, and `confdit` alone on a terminal: kinds of objects, objects, properties. Everything that is done is a
// command that could have been typed, and is shown as one.

import { appendFile } from 'node:fs/promises';
import { hasTerminal } from '../ask.ts';
import { type Command, CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { parseOptions } from '../command-line.ts';
import type { Directory, OpenDirectory } from '../connection/directory.ts';
import { mailCommands } from '../declarations/mail-commands.ts';
import { statusCommand } from '../declarations/server-commands.ts';
import { FAMILIES } from '../dsconfig/families.ts';
import { objectCommands } from '../dsconfig/object-commands.ts';
import type { ObjectFamily } from '../dsconfig/object-family.ts';
import {
  askedAttributes,
  type ListedObject,
  listObjects,
  namesOfKind,
  readObject,
} from '../dsconfig/object-reading.ts';
import { ExitCode } from '../exit-code.ts';
import { askNewObject } from './new-object.ts';
import { ObjectDraft } from './object-draft.ts';
import { editObject, type ObjectMenuParts } from './object-menu.ts';
import { Prompts } from './prompts.ts';

const PENDING = 'ds-cfg-pending-change';
const TESTED = 'mail-server';
const TEST_COMMAND = 'verify-mail-server';
const STATUS = 'status';
const QUIT = 'quit';
const CREATE = 'create';
const BACK = 'back';
/** In front of names, so that none is taken for one of the words above. */
const NAMED = 'name:';

/** Opens the menus, until somebody leaves them. */
export async function openMenu(invocation: Invocation, world: World, open: OpenDirectory): Promise<ExitCode> {
  if (!hasTerminal(world)) throw new UsageError('Menus need a terminal; subcommands do without one.');
  const directory = await open(invocation, world);
  try {
    const isOnline = !invocation.has('offline');
    const commandFile = invocation.value('commandFilePath');
    await new Menu(world, directory, await Prompts.open(world), { isOnline, commandFile }).run();
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

interface MenuChoice {
  readonly isOnline: boolean;
  readonly commandFile: string | undefined;
}

class Menu {
  readonly #families: readonly ObjectFamily[];
  readonly #world: World;
  readonly #directory: Directory;
  readonly #prompts: Prompts;
  readonly #choice: MenuChoice;
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #parts: ObjectMenuParts;

  constructor(world: World, directory: Directory, prompts: Prompts, choice: MenuChoice) {
    const families = FAMILIES;
    this.#families = families;
    this.#world = world;
    this.#directory = directory;
    this.#prompts = prompts;
    this.#choice = choice;
    const open = async () => keptOpen(directory);
    const commands = [
      ...objectCommands({ families, isTyped: false, connectionOptions: [], open }),
      ...mailCommands(open, false),
      statusCommand(open),
    ];
    this.#commands = new Map(commands.map((command) => [command.name, command]));
    this.#parts = {
      prompts,
      namesOf: (kind) => namesOfKind(directory, kind, families),
      run: (words, shown) => this.#run(words, shown),
      isPending: (draft) => this.#isPending(draft),
      testOf: ({ family }) => (choice.isOnline && family.name === TESTED ? TEST_COMMAND : undefined),
    };
  }

  async run(): Promise<void> {
    this.#prompts.title('confdit: arrow keys and Enter to choose, Escape to go back');
    for (;;) {
      const chosen = await this.#prompts.choose('What do you want to look at or change?', [
        ...this.#families.map(({ name, nameOption, definition }) => ({
          value: `${NAMED}${name}`,
          label: nameOption === undefined ? definition.friendlyName : definition.friendlyPluralName,
        })),
        ...(this.#choice.isOnline ? [{ value: STATUS, label: 'Status: what is happening' }] : []),
        { value: QUIT, label: 'Quit' },
      ]);
      if (chosen === undefined || chosen === QUIT) return this.#prompts.farewell('Good-bye.');
      if (chosen === STATUS) await this.#run(['status'], 'confdit status');
      const family = this.#families.find(({ name }) => `${NAMED}${name}` === chosen);
      if (family !== undefined) await this.#open(family);
    }
  }

  async #open(family: ObjectFamily): Promise<void> {
    if (family.nameOption !== undefined) return this.#list(family);
    while ((await this.#edit(family, await this.#single(family))) === 'saved');
  }

  async #list(family: ObjectFamily): Promise<void> {
    const { friendlyName, friendlyPluralName } = family.definition;
    for (;;) {
      const objects = await listObjects(this.#directory, family);
      const chosen = await this.#prompts.choose(friendlyPluralName, [
        ...objects.map(({ name, kind }) => ({
          value: `${NAMED}${name}`,
          label: name,
          hint: kind.friendlyName,
        })),
        { value: CREATE, label: `Create a new ${friendlyName}` },
        { value: BACK, label: 'Back' },
      ]);
      if (chosen === undefined || chosen === BACK) return;
      if (chosen === CREATE) await this.#create(family);
      else await this.#openNamed(family, chosen.slice(NAMED.length));
    }
  }

  /** Again after each change, until somebody leaves it or it is gone. */
  async #openNamed(family: ObjectFamily, name: string): Promise<void> {
    for (;;) {
      const stored = (await listObjects(this.#directory, family)).find((one) => one.name === name);
      if (stored === undefined || (await this.#edit(family, stored)) === 'left') return;
    }
  }

  #edit(family: ObjectFamily, stored: ListedObject): Promise<'saved' | 'left'> {
    return editObject(new ObjectDraft(family, stored.kind, stored.name, stored), this.#parts);
  }

  async #create(family: ObjectFamily): Promise<void> {
    const draft = await askNewObject(family, {}, { ...this.#parts, directory: this.#directory });
    if (draft === undefined) return;
    if ((await editObject(draft, this.#parts)) === 'saved') await this.#openNamed(family, draft.name);
  }

  async #single(family: ObjectFamily): Promise<ListedObject> {
    const { place, definition } = family;
    const attributes = askedAttributes(family);
    const [entry] = await this.#directory.search({ base: place, scope: 'base', attributes });
    if (entry !== undefined) return { ...readObject(entry, definition) };
    throw new CommandError(`${place}: there is no such ${definition.friendlyName}.`, ExitCode.noSuchObject);
  }

  async #isPending({ stored }: ObjectDraft): Promise<boolean> {
    if (!this.#choice.isOnline || stored === undefined) return false;
    const [entry] = await this.#directory.search({
      base: stored.entry.dn.toString(),
      scope: 'base',
      attributes: [PENDING],
    });
    return entry?.first(PENDING) !== undefined;
  }

  /** Runs a command. Its output stands on the terminal, then the command as somebody would type it. */
  async #run(words: readonly string[], shown: string): Promise<boolean> {
    const command = this.#commands.get(words[0] ?? '');
    if (command === undefined) return false;
    const told = command.options.some(({ name }) => name === 'verbose') ? ['--verbose'] : [];
    try {
      // Before what may be operands behind `--`.
      const invocation = parseOptions([...told, ...words.slice(1)], command);
      const exitCode = await command.run(invocation, this.#world);
      this.#prompts.show('The equivalent command', shown);
      const { commandFile } = this.#choice;
      if (exitCode === ExitCode.success && commandFile !== undefined)
        await appendFile(commandFile, `${shown}\n`);
      return exitCode === ExitCode.success;
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode === ExitCode.serverDown) throw error;
      this.#prompts.problem(error.message);
      return false;
    }
  }
}

/** The directory for a command that closes what it has opened. */
function keptOpen(directory: Directory): Directory {
  return {
    search: (request) => directory.search(request),
    add: (entry) => directory.add(entry),
    modify: (dn, modifications) => directory.modify(dn, modifications),
    delete: (dn) => directory.delete(dn),
    rename: (dn, newRdn) => directory.rename(dn, newRdn),
    changeAll: (steps) => directory.changeAll(steps),
    tryAll: (steps) => directory.tryAll(steps),
    close: async () => {},
  };
}
