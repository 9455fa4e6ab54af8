// What a subcommand of a kind of objects is made of: its own options, what is checked before a server is asked, and what it
// does then.

import type { CommandOption, Invocation, World } from '../command.ts';
import type { Directory } from '../connection/directory.ts';
import type { Output } from '../output.ts';

export interface CommandParts {
  readonly name: string;
  readonly synopsis: string;
  readonly description?: string;
  readonly options: readonly CommandOption[];
  /** How the words that belong to no option are called in help. */
  readonly operands?: string;
  /** Words that the command needs where nobody is asked: they are shown, also when they were not typed. */
  readonly shownWords?: readonly string[];
  /**
   * Checks what needs no server. Throws CommandError.
   * @param isAsked whether somebody will be asked for what is missing.
   */
  check(invocation: Invocation, isAsked: boolean, world: World): void;
  /** Asks for what is missing. Rejects with CommandError when nobody answers. */
  complete?(invocation: Invocation, parts: Completing): Promise<Invocation>;
  act(parts: Acting): Promise<void>;
}

interface Acting {
  readonly directory: Directory;
  readonly invocation: Invocation;
  readonly output: Output;
  readonly world: World;
}

export interface Completing {
  readonly directory: Directory;
  readonly world: World;
}

export const PROPERTY_OPTION: CommandOption = {
  name: 'property',
  value: 'PROPERTY',
  repeatable: true,
  synopsis: 'show this property, also an advanced one',
};
export const ADVANCED_OPTION: CommandOption = {
  name: 'advanced',
  group: 'output',
  synopsis: 'advanced properties too',
};
export const RECORD_OPTION: CommandOption = { name: 'record', synopsis: 'one line for every value' };
export const FORCE_OPTION: CommandOption = {
  name: 'force',
  short: 'f',
  synopsis: 'succeed also when there is no such object',
};
