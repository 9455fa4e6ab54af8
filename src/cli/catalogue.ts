// All commands, in the order of help. declarations/ says what a command is, and is light; its work is loaded when it is called.
// The subcommands of objects come from the declarations of config/, of which only the kind that is meant is loaded.

import type { Command, CommandRun } from './command.ts';

const OF_OBJECTS = /^(?:create|list|get|set|rename|delete)-/;

export class Catalogue {
  readonly #start: CommandRun;

  /** @param start serves until the process is interrupted; only the process itself can. */
  constructor(start: CommandRun) {
    this.#start = start;
  }

  /** Resolves to the command of this name, or to undefined. */
  async find(name: string): Promise<Command | undefined> {
    if (OF_OBJECTS.test(name)) {
      const { findObjectCommand } = await import('./dsconfig/subcommands.ts');
      const command = await findObjectCommand(name);
      if (command !== undefined) return command;
    }
    // Scripts call it again and again, so it is loaded without the others.
    if (name === 'dsconfig')
      return (await import('./declarations/configuration-commands.ts')).dsconfigCommand;
    const isNamed = (command: Command) => command.name === name;
    return (await this.#declared()).find(isNamed) ?? (await this.all()).find(isNamed);
  }

  async all(): Promise<readonly Command[]> {
    const { allSubcommands } = await import('./dsconfig/subcommands.ts');
    return [...(await this.#declared()), ...(await allSubcommands({ isTyped: true, listOptions: [] }))];
  }

  async #declared(): Promise<readonly Command[]> {
    const { declaredCommands } = await import('./declarations/declared-commands.ts');
    return declaredCommands(this.#start, () => this.all());
  }
}
