// Questions on a terminal, drawn by a library that is loaded when the first one is asked. Whoever presses Escape or Ctrl-C
// answers nothing: undefined. Ctrl-C pressed twice ends all questions. What comes from a server is shown without control characters.

import { hasUnseen, visibleLine, visibleText } from '../../ldap/visible-text.ts';
import { CommandError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

type Library = typeof import('@clack/prompts');
type Terminal = Pick<World, 'stdin' | 'stdout' | 'terminal'>;

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

export interface TextQuestion {
  readonly initial?: string;
  readonly placeholder?: string;
  /** Returns the problem of an answer; undefined if there is none. */
  check(text: string): string | undefined;
}

const LABEL_CHARACTERS_MAX = 100;
/** Lines of a list that are shown at a time; the others scroll. */
const LINES_SHOWN = 14;
const MASK = '*';

export class Prompts {
  readonly #library: Library;
  readonly #terminal: { readonly input: Terminal['stdin']; readonly output: Terminal['stdout'] };
  /** True if the last question was left by Ctrl-C. */
  #wasInterrupted = false;

  static async open({ stdin, stdout, terminal }: Terminal): Promise<Prompts> {
    const output = terminal?.stdout ?? stdout;
    return new Prompts(await import('@clack/prompts'), { input: stdin, output });
  }

  private constructor(library: Library, terminal: { input: Terminal['stdin']; output: Terminal['stdout'] }) {
    this.#library = library;
    this.#terminal = terminal;
  }

  /** The value of a choice. */
  async choose(message: string, choices: readonly Choice[], initial?: string): Promise<string | undefined> {
    const options = choices.map(({ value, label, hint }) => ({
      value,
      label: oneLine(label),
      ...(hint === undefined ? {} : { hint: oneLine(hint) }),
    }));
    return this.#ask<string>(() =>
      this.#library.select({
        message: oneLine(message),
        options,
        maxItems: LINES_SHOWN,
        ...this.#terminal,
        ...(initial === undefined ? {} : { initialValue: initial }),
      }),
    );
  }

  async text(message: string, { initial, placeholder, check }: TextQuestion): Promise<string | undefined> {
    return this.#ask<string>(async () => {
      const answer = await this.#library.text({
        message: oneLine(message),
        validate: (text) => check(text ?? ''),
        ...this.#terminal,
        // What could not be seen is not offered to be edited: it would be drawn as it is.
        ...(initial === undefined || hasUnseen(initial) ? {} : { initialValue: initial }),
        ...(placeholder === undefined ? {} : { placeholder: oneLine(placeholder) }),
      });
      return answer ?? '';
    });
  }

  /** Asks for a secret, which appears as stars. */
  async secret(message: string, check: TextQuestion['check']): Promise<string | undefined> {
    return this.#ask<string>(async () => {
      const answer = await this.#library.password({
        message: oneLine(message),
        mask: MASK,
        validate: (text) => check(text ?? ''),
        ...this.#terminal,
      });
      return answer ?? '';
    });
  }

  /** Nothing answered is a no. */
  async confirm(message: string): Promise<boolean> {
    const answer = await this.#ask(() =>
      this.#library.confirm({ message: oneLine(message), initialValue: false, ...this.#terminal }),
    );
    return answer === true;
  }

  /** Undefined when the question was left. Throws CommandError when it was left by Ctrl-C, as the one before it. */
  async #ask<Answer>(ask: () => Promise<Answer | symbol>): Promise<Answer | undefined> {
    let isInterrupted = false;
    const listen = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined) => {
      isInterrupted = key?.ctrl === true && key.name === 'c';
    };
    const { input } = this.#terminal;
    input.on('keypress', listen);
    const answer = await ask().finally(() => input.off('keypress', listen));
    if (!isCancelled(answer, this.#library)) {
      this.#wasInterrupted = false;
      return answer;
    }
    if (isInterrupted && this.#wasInterrupted) {
      throw new CommandError('Left by Ctrl-C. What was not saved is not stored.', ExitCode.cancelled);
    }
    this.#wasInterrupted = isInterrupted;
    return undefined;
  }

  title(text: string): void {
    this.#library.intro(visibleText(text), { output: this.#terminal.output });
  }

  farewell(text: string): void {
    this.#library.outro(visibleText(text), { output: this.#terminal.output });
  }

  /** A text of several lines. */
  show(title: string, text: string): void {
    this.#library.note(visibleText(text), visibleText(title), { output: this.#terminal.output });
  }

  problem(text: string): void {
    this.#library.log.error(visibleText(text), { output: this.#terminal.output });
  }
}

function isCancelled<Answer>(answer: Answer | symbol, library: Library): answer is symbol {
  return library.isCancel(answer);
}

function oneLine(text: string): string {
  const line = visibleLine(text);
  return line.length > LABEL_CHARACTERS_MAX ? `${line.slice(0, LABEL_CHARACTERS_MAX)}…` : line;
}
