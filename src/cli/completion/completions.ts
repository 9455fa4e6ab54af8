// What may be at the end of a command line that is being typed: commands, options and their values, names of properties
// and types, and the names of the objects there are; or the names of files, which the shell knows itself.

import type { PropertyDefinition } from '../../config/property-definition.ts';
import type { Command, CommandOption } from '../command.ts';
import { allOptionsOf } from '../command-line.ts';
import { familyOfCommand, type ObjectFamily } from '../dsconfig/object-family.ts';

/** Names that only a server knows; none if no server can be asked. */
export interface CompletionSources {
  namesOf(family: ObjectFamily): Promise<readonly string[]>;
  /** The numbers of the last changes, the last one first. */
  changeNumbers(): Promise<readonly string[]>;
}

export interface CompletionInput {
  /** Words typed after `confdit`, without quotes; the last word is the one to complete, and may be empty. */
  readonly words: readonly string[];
  readonly commands: readonly Command[];
  readonly families: readonly ObjectFamily[];
  readonly sources: CompletionSources;
}

/** Whole words, each beginning with the one that is typed; or the names of files, or of folders. */
export type Completions =
  | { readonly type: 'words'; readonly words: readonly string[] }
  | { readonly type: 'files' | 'folders' };

/** A word at the end, and what was typed of it already. */
interface CompletionContext extends CompletionInput {
  readonly command: Command;
  readonly family: ObjectFamily | undefined;
}

const FILE_NAME = /^\[?(?:FILE|PATH)\b/;
const FOLDER_NAME = /^\[?(?:FOLDER|DIR|DIRECTORY)\b/;
const PROPERTY_AND_VALUE: ReadonlySet<string> = new Set(['set', 'add', 'remove']);
const PROPERTY: ReadonlySet<string> = new Set(['property', 'reset']);
/** Characters with which a line of the answer, or the terminal, would be something else than a name. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const NO_PREFIX = '';
const PROPERTIES_COMMAND = 'list-properties';

/** Resolves to the completions of the last word. Words that a shell would interpret are left out. */
export async function completionsOf(input: CompletionInput): Promise<Completions> {
  const found = await allCompletions(input);
  if (found.type !== 'words') return found;
  const typed = input.words.at(-1) ?? '';
  const fit = found.words.filter((word) => word.startsWith(typed) && !UNSAFE.test(word));
  return words([...new Set(fit)]);
}

async function allCompletions(input: CompletionInput): Promise<Completions> {
  const typed = input.words.at(-1) ?? '';
  const before = input.words.at(-2) ?? '';
  if (/^(?:\d*|&)(?:>>?|<)$/.test(before)) return { type: 'files' };
  const [name, ...rest] = input.words;
  if (rest.length === 0) return words(commandNames(input));
  const command = input.commands.find((one) => one.name === name);
  if (name === 'help') return words(rest.length === 1 ? commandNames(input) : []);
  if (command === undefined) return words([]);
  if (command.takesAllWords === true) return completionsOfDsconfig(command, rest, input);
  const place: CompletionContext = {
    ...input,
    command,
    family: familyOfCommand(command.name, input.families),
  };
  const isOperand = rest.slice(0, -1).includes('--');
  const assigned = /^(--[^=]+=)/.exec(typed)?.[1];
  if (assigned !== undefined && !isOperand) {
    const option = optionOf(assigned.slice(0, -1), command.options);
    return option?.value === undefined ? words([]) : valuesOf(option, assigned, place);
  }
  const option = isOperand ? undefined : optionOf(before, command.options);
  if (option?.value !== undefined) return valuesOf(option, NO_PREFIX, place);
  if (typed.startsWith('-') && !isOperand) return words(optionWords(command));
  return operandsOf(place, typed);
}

/** `dsconfig` has options before its subcommand too. */
function completionsOfDsconfig(
  dsconfig: Command,
  typed: readonly string[],
  input: CompletionInput,
): Promise<Completions> {
  const own = input.commands.filter(
    ({ name }) => name === PROPERTIES_COMMAND || familyOfCommand(name, input.families) !== undefined,
  );
  const names = new Set(own.map(({ name }) => name));
  const index = typed.slice(0, -1).findIndex((word) => names.has(word));
  const subcommand = typed[index];
  if (subcommand !== undefined) {
    return allCompletions({ ...input, words: [subcommand, ...typed.toSpliced(index, 1)] });
  }
  const shared = own.find(({ name }) => name !== PROPERTIES_COMMAND)?.options ?? [];
  const options = new Map([...dsconfig.options, ...shared].map((option) => [option.name, option]));
  const unnamed: Command = {
    ...dsconfig,
    takesAllWords: false,
    options: [...options.values()],
    operandValues: [...names],
  };
  return allCompletions({ ...input, commands: [unnamed], words: [dsconfig.name, ...typed] });
}

function words(list: readonly string[]): Completions {
  return { type: 'words', words: list };
}

function commandNames({ commands }: CompletionInput): readonly string[] {
  return [...commands.map(({ name }) => name), 'help', '--help', '--version'];
}

function optionWords(command: Command): readonly string[] {
  return allOptionsOf(command).map(({ name }) => `--${name}`);
}

function optionOf(word: string, options: readonly CommandOption[]): CommandOption | undefined {
  return options.find(
    ({ name, short }) => word.toLowerCase() === `--${name.toLowerCase()}` || (short && word === `-${short}`),
  );
}

/** @param prefix what was typed of the same word before the value: `--format=`, or nothing. */
async function valuesOf(
  option: CommandOption,
  prefix: string,
  place: CompletionContext,
): Promise<Completions> {
  const value = option.value ?? '';
  if (FILE_NAME.test(value)) return { type: 'files' };
  if (FOLDER_NAME.test(value)) return { type: 'folders' };
  const typed = (place.words.at(-1) ?? '').slice(prefix.length);
  const found = await namedValues(option, typed, place);
  // A value that begins with a dash is one only behind an equals sign.
  const fit = prefix === NO_PREFIX ? found.filter((one) => !one.startsWith('-')) : found;
  return words(fit.map((one) => `${prefix}${one}`));
}

async function namedValues(
  option: CommandOption,
  typed: string,
  place: CompletionContext,
): Promise<readonly string[]> {
  const { family, sources } = place;
  if (option.values !== undefined) return option.values;
  if (option.value === 'NUMBER') return sources.changeNumbers();
  const named = family ?? place.families.find(({ nameOption }) => nameOption === option.name);
  if (named === undefined) return [];
  if (option.name === named.nameOption) return sources.namesOf(named);
  if (option.name === 'type') return [...named.types.keys()];
  const properties = chosenProperties(place.words, named);
  if (PROPERTY_AND_VALUE.has(option.name)) return propertiesAndValues(properties, typed, place);
  return PROPERTY.has(option.name) ? properties.map(({ name }) => name) : [];
}

async function operandsOf(
  { command, family, sources }: CompletionContext,
  typed: string,
): Promise<Completions> {
  const { operands = '', operandValues } = command;
  if (operandValues !== undefined) return words(operandValues);
  if (FILE_NAME.test(operands)) return { type: 'files' };
  if (FOLDER_NAME.test(operands)) return { type: 'folders' };
  if (/^(?:FROM|NUMBER)\b/.test(operands)) return words(await sources.changeNumbers());
  if (family !== undefined && operands !== '') return words(await sources.namesOf(family));
  return words(typed === '' ? optionWords(command) : []);
}

/** The properties of the type that was typed, or those that any of the types has. */
function chosenProperties(typed: readonly string[], { types }: ObjectFamily): readonly PropertyDefinition[] {
  const index = typed.findIndex((word) => word === '--type' || word === '-t');
  const chosen = index < 0 ? undefined : types.get(typed[index + 1] ?? '');
  if (chosen !== undefined) return chosen.properties;
  return [...types.values()].flatMap(({ properties }) => properties);
}

/** `enabled:` and, once that is typed, `enabled:true`. */
async function propertiesAndValues(
  properties: readonly PropertyDefinition[],
  typed: string,
  place: CompletionContext,
): Promise<readonly string[]> {
  // Of several types each may allow other values.
  const named = properties.filter(({ name }) => typed.startsWith(`${name}:`));
  if (named.length === 0) return properties.map(({ name }) => `${name}:`);
  const values = await Promise.all(named.map((property) => propertyValues(property, place)));
  return values.flat().map((value) => `${named[0]?.name}:${value}`);
}

async function propertyValues(
  { type }: PropertyDefinition,
  { families, sources }: CompletionContext,
): Promise<readonly string[]> {
  if (type.syntax === 'boolean') return ['true', 'false'];
  const family = families.find(({ definition }) => definition.kind === type.target);
  return family === undefined ? (type.words ?? []) : sources.namesOf(family);
}
