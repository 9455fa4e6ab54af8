// The scripts that teach a shell to complete: each hands what is typed to the hidden command, and shows what comes back. A
// name comes from a server and may hold any character: each shell quotes it, and none reads it as a command.

import { type Invocation, UsageError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { COMPLETE_COMMAND, SHELLS } from './shells.ts';

const BASH = String.raw`# confdit completion bash > /etc/bash_completion.d/confdit
_confdit() {
  local program="@{COMP_WORDS[0]/#\~\//$HOME/}" line="@{COMP_LINE:0:COMP_POINT}" candidate quoted
  local -a found
  mapfile -t found < <("$program" COMPLETE --line "$COMP_WORDBREAKS" "$line" 2> /dev/null)
  COMPREPLY=()
  case "@{found[0]}" in
    folders) compopt -o dirnames +o default; return ;;
    words) compopt +o default ;;
    *) return ;;
  esac
  # The quote that is open, inside which the words are quoted already, and what readline keeps of the word.
  local quote="@{found[1]}" kept="@{found[2]}"
  for candidate in "@{found[@]:3}"; do
    quoted="$candidate"
    [[ -n "$quote" ]] || printf -v quoted %q "$candidate"
    [[ "$quoted" == "$kept"* ]] && COMPREPLY+=("@{quoted#"$kept"}")
  done
  [[ @{#found[@]} == 4 && "@{found[3]}" == *[:=] ]] && compopt -o nospace
}
complete -o bashdefault -o default -F _confdit confdit
`;

const ZSH = String.raw`#compdef confdit
# confdit completion zsh > "@{fpath[1]}/_confdit"
_confdit() {
  local program="@{(Q)words[1]/#\~\//$HOME/}" mode
  local -a typed found open
  typed=("@{(@Q)words[2,CURRENT-1]}" "@{(Q)PREFIX}")
  found=("@{(@f)$("$program" COMPLETE -- "@{(@)typed}" 2> /dev/null)}")
  mode="@{found[1]}"
  shift found
  case "$mode" in
    files) [[ "$PREFIX" == --*=* ]] && compset -P 1 '*='; _files ;;
    folders) [[ "$PREFIX" == --*=* ]] && compset -P 1 '*='; _files -/ ;;
    words)
      open=("@{(@M)found:#*[:=]}")
      found=("@{(@)found:#*[:=]}")
      compadd -S '' -a -- open
      compadd -a -- found
      ;;
  esac
}
compdef _confdit confdit
`;

const FISH = String.raw`# confdit completion fish > ~/.config/fish/completions/confdit.fish
function __confdit_complete
  set -l typed (commandline -opc)
  set -l current (commandline -ct)
  set -l word (string unescape -- "$current"; or string unescape -- "$current\""; or string unescape -- "$current'")
  set -l found ($typed[1] COMPLETE -- $typed[2..-1] "$word" 2> /dev/null)
  switch "$found[1]"
    case files
      __confdit_paths __fish_complete_path "$word"
    case folders
      __confdit_paths __fish_complete_directories "$word"
    case words
      string join -- \n $found[2..-1]
  end
end
# What stands before the equals sign of an option belongs to the word, and not to the path.
function __confdit_paths
  set -l before (string match -r -- '^--[^=]+=' "$argv[2]")
  for path in ($argv[1] (string replace -r -- '^--[^=]+=' '' "$argv[2]"))
    echo -- "$before$path"
  end
end
complete -c confdit -f -a '(__confdit_complete)'
`;

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  ['bash', BASH],
  ['zsh', ZSH],
  ['fish', FISH],
]);

/** Prints the script for the shell that is the operand. Throws UsageError for another shell. */
export async function printScript({ operands }: Invocation, { stdout }: World): Promise<ExitCode> {
  const [shell, ...others] = operands;
  if (shell === undefined || others.length > 0) throw new UsageError('Which shell: bash, zsh or fish?');
  stdout.write(completionScript(shell));
  return ExitCode.success;
}

function completionScript(shell: string): string {
  const script = SCRIPTS.get(shell);
  if (script !== undefined)
    return script.replaceAll('COMPLETE', COMPLETE_COMMAND).replaceAll('@{', '$'.concat('{'));
  throw new UsageError(
    `There is no completion for ${JSON.stringify(shell)}; there is for ${SHELLS.join(', ')}.`,
  );
}
