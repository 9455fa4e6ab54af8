// A terminal of its own, lent by tmux, on which a program runs and somebody types. Nothing waits for a time: keys are
// typed when what they answer stands on the screen.

import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeFolder } from './folders.ts';

const COLUMNS = '110';
const LINES = '45';
const HISTORY_LINES = '2000';
const LOOK_MS = 40;
const LIFE_SECONDS = '600';
const SCREEN_TIMEOUT_MS = 300_000;
/** No list is longer. */
const STEPS_MAX = 60;
const SESSION = 'test';
/** What stands before the chosen line of a list, and before a question that is not answered yet. */
const CHOSEN = '●';
const ASKED = '◆';

function fits(screen: string, expected: string | RegExp | ((screen: string) => boolean)): boolean {
  if (typeof expected === 'function') return expected(screen);
  return typeof expected === 'string' ? screen.includes(expected) : expected.test(screen);
}

const execute = promisify(execFile);

export interface TerminalOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export class Terminal {
  readonly #socket: string;
  readonly #own: string;

  /** Runs a shell command; when it ends, `exit code N` stands on the screen. */
  static async start(command: string, { folder, environment }: TerminalOptions = {}): Promise<Terminal> {
    const own = await mkdtemp(join(tmpdir(), 'confdit-tmux-'));
    const terminal = new Terminal(join(own, 'socket'), own);
    const variables = Object.entries({ HOME: own, ...environment }).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ]);
    const shown = `${command}; echo "exit code $?"; exec cat`;
    await terminal.#tmux(
      ...['-f', '/dev/null', 'new-session', '-d', '-s', SESSION, '-x', COLUMNS, '-y', LINES, ...variables],
      ...(folder === undefined ? [] : ['-c', folder]),
      // The limit holds for windows that are made after it was set.
      ...['cat', ';', 'set-option', '-g', 'history-limit', HISTORY_LINES],
      ...[';', 'new-window', '-k', '-t', `${SESSION}:0`, ...variables],
      ...(folder === undefined ? [] : ['-c', folder]),
      // Should nobody be left to end it.
      ...['timeout', '--foreground', LIFE_SECONDS, 'sh', '-c', shown],
    );
    return terminal;
  }

  private constructor(socket: string, own: string) {
    this.#socket = socket;
    this.#own = own;
  }

  /** What stands on the screen now. */
  async screen(): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-t', SESSION);
  }

  /** All that is still to be seen by scrolling back; what was too long for a line is one. */
  async everything(): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-J', '-S', `-${HISTORY_LINES}`, '-t', SESSION);
  }

  /** Resolves to the screen once it fits. */
  async until(
    expected: string | RegExp | ((screen: string) => boolean),
    timeoutMs = SCREEN_TIMEOUT_MS,
  ): Promise<string> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const screen = await this.screen();
      if (fits(screen, expected)) return screen;
      if (Date.now() > end) throw new Error(`${expected} never stood on the screen, but:\n${screen}`);
      await setTimeout(LOOK_MS);
    }
  }

  /** Keys by tmux's names: `Enter`, `Down`, `Escape`, `C-c`, `BSpace`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', SESSION, ...keys);
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '-t', SESSION, '--', text);
  }

  /** Goes down the list that is being asked until the line with this text is the chosen one, and takes it. */
  async pick(label: string): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const screen = await this.until(CHOSEN);
      if (screen.split('\n').some((line) => line.includes(CHOSEN) && line.includes(label))) {
        await this.press('Enter');
        return this.#changed(screen);
      }
      await this.press('Down');
      await this.#changed(screen);
    }
    throw new Error(`${label} is not in the list:\n${await this.screen()}`);
  }

  /** Waits for the question, and types the answer to it. */
  async answer(question: string, text: string): Promise<void> {
    const asked = await this.until(`${ASKED}  ${question}`);
    await this.type(text);
    if (text !== '') await this.#changed(asked);
    const typed = await this.screen();
    await this.press('Enter');
    await this.#changed(typed);
  }

  async end(): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
    // What ran in it may still be writing as it ends.
    await removeFolder(this.#own);
  }

  async #changed(screen: string): Promise<void> {
    const end = Date.now() + SCREEN_TIMEOUT_MS;
    while ((await this.screen()) === screen) {
      if (Date.now() > end) throw new Error(`Nothing moves on the screen:\n${screen}`);
      await setTimeout(LOOK_MS);
    }
  }

  async #tmux(...words: string[]): Promise<string> {
    const environment = { PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'xterm-256color' };
    return (await execute('tmux', ['-u', '-S', this.#socket, ...words], { env: environment })).stdout;
  }
}
