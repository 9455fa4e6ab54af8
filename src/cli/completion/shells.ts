// The shells that completion is made for, and the hidden command that they ask.

/**
 * The hidden command. Behind `--` are the words that were typed behind `confdit`; behind `--line` are the characters that
 * part words for bash, and the line. The first line of the answer is `words`, `files` or `folders`.
 */
export const COMPLETE_COMMAND = 'complete-words';

export const SHELLS: readonly string[] = ['bash', 'zsh', 'fish'];
