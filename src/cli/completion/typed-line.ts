// A command line for a shell of the POSIX family that is still being typed, as words: what bash gives to a completion is the
// line itself, with its quotes. Nothing is expanded but a variable of the environment and the tilde of one's own home.

/** The words before the cursor, and how the last one is written. */
export interface TypedLine {
  /** Without their quotes; the last one is the word at the cursor, and may be empty. */
  readonly words: readonly string[];
  /** The quote at the beginning of the last word, while it is open; `undefined` where nothing can be completed inside a word. */
  readonly quote: '' | '"' | "'" | undefined;
  /** Part of the last word that the shell keeps: up to the last unquoted character that separates words for the shell. */
  readonly kept: string;
}

interface OpenWord {
  text: string;
  /** As it was typed. */
  raw: string;
  quote: TypedLine['quote'];
  kept: string;
}

const BLANK = /[ \t\n]/;
const VARIABLE = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/;
/** The characters that a backslash makes plain inside double quotes (POSIX.1-2017, Shell Command Language §2.2.3). */
const ESCAPED_IN_DOUBLE = /[$`"\\\n]/;

/**
 * @param breaks the characters that part words for the completion of the shell, bash's COMP_WORDBREAKS.
 */
export function parseTypedLine(line: string, breaks: string, env: NodeJS.ProcessEnv): TypedLine {
  const reader = new LineReader(line, breaks, env);
  return reader.read();
}

class LineReader {
  readonly #line: string;
  readonly #breaks: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #words: string[] = [];
  #word: OpenWord | undefined;
  #at = 0;

  constructor(line: string, breaks: string, env: NodeJS.ProcessEnv) {
    this.#line = line;
    this.#breaks = breaks;
    this.#env = env;
  }

  read(): TypedLine {
    while (this.#at < this.#line.length) this.#step(this.#line.charAt(this.#at));
    const { text, quote, kept } = this.#word ?? emptyWord();
    return { words: [...this.#words, text], quote, kept };
  }

  #step(character: string): void {
    if (BLANK.test(character)) {
      if (this.#word !== undefined) this.#words.push(this.#word.text);
      this.#word = undefined;
      this.#at++;
      return;
    }
    this.#word ??= emptyWord();
    if (character === '"' || character === "'") this.#quoted(this.#word, character);
    else if (character === '\\') this.#take(this.#word, this.#line.charAt(this.#at + 1), 2);
    else if (character === '$') this.#variable(this.#word);
    else if (character === '~' && this.#word.raw === '' && /^~(?:\/|\s)/.test(this.#line.slice(this.#at)))
      this.#take(this.#word, this.#env.HOME ?? '~', 1);
    else {
      this.#take(this.#word, character, 1);
      if (this.#breaks.includes(character)) this.#word.kept = this.#word.raw;
    }
  }

  /** Takes the quoted part; one that does not end is the word at the cursor. */
  #quoted(word: OpenWord, quote: '"' | "'"): void {
    const isFirst = word.raw === '';
    this.#take(word, '', 1);
    for (;;) {
      const character = this.#line.charAt(this.#at);
      if (character === '') {
        word.quote = isFirst ? quote : undefined;
        return;
      }
      if (character === quote) break;
      const next = this.#line.charAt(this.#at + 1);
      if (quote === '"' && character === '\\' && ESCAPED_IN_DOUBLE.test(next)) this.#take(word, next, 2);
      else if (quote === '"' && character === '$') this.#variable(word);
      else this.#take(word, character, 1);
    }
    this.#take(word, '', 1);
    // What stands behind a quote that has ended belongs to the same word, which the shell would complete only from there.
    word.quote = undefined;
  }

  #variable(word: OpenWord): void {
    const [all = '$', braced, plain] = VARIABLE.exec(this.#line.slice(this.#at)) ?? [];
    const isWhole = this.#at + all.length < this.#line.length;
    const value = isWhole ? this.#env[braced ?? plain ?? ''] : undefined;
    this.#take(word, value ?? all, all.length);
  }

  #take(word: OpenWord, text: string, length: number): void {
    word.text += text;
    word.raw += this.#line.slice(this.#at, this.#at + length);
    this.#at += length;
  }
}

function emptyWord(): OpenWord {
  return { text: '', raw: '', quote: '', kept: '' };
}
