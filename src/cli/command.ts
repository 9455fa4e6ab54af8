// A command: a word after `confdit`, its options and operands, and its work. Help, completion and the checks of what was
// typed are made from it, so nothing of a command is written twice.

import { ExitCode, exitCodeOfResult } from './exit-code.ts';

export interface CommandOption {
  /** The long form without its dashes: `bindPassword:file`. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Name of its value in help; undefined if the option takes none. */
  readonly value?: string;
  readonly repeatable?: boolean;
  /** All values there are, where they are few words. */
  readonly values?: readonly string[];
  /** The group of an option that many commands share; undefined: it is the command's own. */
  readonly group?: OptionGroup;
  /** A sentence without its full stop. */
  readonly synopsis: string;
}

export type OptionGroup = 'output' | 'instance' | 'connection' | 'common';

/** The process as a command sees it. Nothing else of the outside is looked at. */
export type World = Pick<
  NodeJS.Process,
  'stdin' | 'stdout' | 'stderr' | 'env' | 'on' | 'once' | 'off' | 'send' | 'channel' | 'kill' | 'pid'
> & {
  /** The outputs as they are, for what draws on a terminal and shows no text that it has not made visible itself. */
  readonly terminal?: Pick<NodeJS.Process, 'stdout' | 'stderr'>;
};

/** Typed command, checked against its options. */
export interface Invocation {
  /** The value of an option that is not repeatable. */
  value(option: string): string | undefined;
  /** The values of a repeatable option, in order. */
  values(option: string): readonly string[];
  /** Returns true if the option was given. */
  has(option: string): boolean;
  /** The words that belong to no option. */
  readonly operands: readonly string[];
}

/** Resolves to the exit code. Throws CommandError for what the person who typed the command can correct. */
export type CommandRun = (invocation: Invocation, world: World) => Promise<ExitCode>;

export interface Command {
  readonly name: string;
  /** The heading it stands under in help. */
  readonly group: string;
  /** One sentence. */
  readonly synopsis: string;
  /** More than help in one line has room for; paragraphs. */
  readonly description?: string;
  /** How the operands are called in help, `FILE...`; undefined: there are none. */
  readonly operands?: string;
  /** All words that an operand may be, where they are few. */
  readonly operandValues?: readonly string[];
  readonly options: readonly CommandOption[];
  /** Not for people: help does not show it. */
  readonly isHidden?: boolean;
  /** The command reads its words itself: all of them are operands. */
  readonly takesAllWords?: boolean;
  /** Loads the work of the command, and does it. */
  readonly run: CommandRun;
}

/** Failure of a command: a sentence for the person who typed it, and the exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Answer of a server other than success. */
export class RefusedByServer extends CommandError {
  readonly resultCode: number;

  constructor(message: string, resultCode: number) {
    super(message, exitCodeOfResult(resultCode));
    this.resultCode = resultCode;
  }
}

/** Fault in the typed words themselves. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, ExitCode.parameterError);
  }
}
