// What may stand at the end of a command line that is being typed: commands, options, names of properties and types,
// and the names of the objects there are.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { Command } from '../command.ts';
import { COMMON_OPTIONS } from '../command-line.ts';
import { familyOfCommand, type ObjectFamily } from '../dsconfig/object-family.ts';

export interface CompletionInput {
  /** What was typed behind `confdit`; the last word is the one to complete, and may be empty. */
  readonly words: readonly string[];
  readonly commands: readonly Command[];
  readonly families: readonly ObjectFamily[];
  /** The names of the objects there are; none when no server can be asked. */
  readonly namesOf: (family: ObjectFamily) => Promise<readonly string[]>;
}

const PROPERTY_AND_VALUE: ReadonlySet<string> = new Set(['--set', '--add', '--remove']);
const PROPERTY: ReadonlySet<string> = new Set(['--property', '--reset']);

/** Whole words, each beginning with the one that is typed. */
export async function completionsOf(input: CompletionInput): Promise<readonly string[]> {
  const words = input.words[0] === 'dsconfig' ? input.words.slice(1) : input.words;
  const typed = words.at(-1) ?? '';
  const candidates = words.length <= 1 ? commandNames(input) : await candidatesAfter(words, input);
  return candidates.filter((candidate) => candidate.startsWith(typed));
}

function commandNames({ commands }: CompletionInput): readonly string[] {
  return [...commands.map(({ name }) => name), 'help', '--help', '--version'];
}

async function candidatesAfter(words: readonly string[], input: CompletionInput): Promise<readonly string[]> {
  const command = input.commands.find(({ name }) => name === words[0]);
  if (command === undefined) return [];
  const option = words.at(-2) ?? '';
  const family = familyOfCommand(command.name, input.families);
  if (family !== undefined) {
    const isName =
      option === `--${family.nameOption}` || (command.operands !== undefined && words.length === 2);
    if (isName && !(words.at(-1) ?? '').startsWith('-')) return input.namesOf(family);
    if (option === '--type' || option === '-t') return [...family.types.keys()];
    const kind = chosenKind(words, family);
    if (PROPERTY_AND_VALUE.has(option)) return propertiesAndValues(kind, words.at(-1) ?? '');
    if (PROPERTY.has(option)) return kind.properties.map(({ name }) => name);
  }
  return [...command.options, ...COMMON_OPTIONS].map(({ name }) => `--${name}`);
}

/** The type that was typed, or all that the types have in common with one. */
function chosenKind(words: readonly string[], { types, definition }: ObjectFamily): ObjectDefinition {
  const index = words.findIndex((word) => word === '--type' || word === '-t');
  const typed = index < 0 ? undefined : types.get(words[index + 1] ?? '');
  const [only] = types.values();
  return typed ?? (types.size === 1 && only !== undefined ? only : definition);
}

/** `enabled:` and, once that is typed, `enabled:true`. */
function propertiesAndValues({ properties }: ObjectDefinition, typed: string): readonly string[] {
  return properties.flatMap(({ name, type }) => {
    if (!typed.startsWith(`${name}:`)) return [`${name}:`];
    return type.syntax === 'boolean' ? [`${name}:true`, `${name}:false`] : [];
  });
}
