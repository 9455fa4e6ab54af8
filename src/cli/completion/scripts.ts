// The scripts that teach a shell to complete: each hands what is typed to the hidden command and shows what comes back.

import { UsageError } from '../command.ts';

/** The hidden command; the words behind `--` are what was typed behind `confdit`. */
export const COMPLETE_COMMAND = 'complete-words';

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  [
    'bash',
    `# confdit completion bash > /etc/bash_completion.d/confdit
_confdit() {
  local IFS=$'\\n' line="\${COMP_LINE:0:COMP_POINT}" word="\${COMP_WORDS[COMP_CWORD]}"
  local -a typed
  IFS=' ' read -r -a typed <<< "$line"
  [[ "$line" == *' ' ]] && typed+=('')
  COMPREPLY=($("\${typed[0]}" ${COMPLETE_COMMAND} -- "\${typed[@]:1}" 2> /dev/null))
  # A colon parts words for bash: what stands before it is there already.
  local last="\${typed[\${#typed[@]}-1]}"
  if [[ "$last" == *:* ]]; then COMPREPLY=("\${COMPREPLY[@]#"\${last%"$word"}"}"); [[ "$word" == : ]] && COMPREPLY=("\${COMPREPLY[@]#:}"); fi
  COMPREPLY=("\${COMPREPLY[@]// /\\\\ }")
  [[ \${#COMPREPLY[@]} == 1 && "\${COMPREPLY[0]}" == *: ]] && compopt -o nospace
}
complete -F _confdit confdit
`,
  ],
  [
    'zsh',
    `#compdef confdit
# confdit completion zsh > "\${fpath[1]}/_confdit"
_confdit() {
  local -a found
  found=("\${(@f)$("\${words[1]}" ${COMPLETE_COMMAND} -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  compadd -Q -- "\${(@q)found}"
}
compdef _confdit confdit
`,
  ],
  [
    'fish',
    `# confdit completion fish > ~/.config/fish/completions/confdit.fish
function __confdit_complete
  set -l typed (commandline -opc) (commandline -ct)
  $typed[1] ${COMPLETE_COMMAND} -- $typed[2..-1] 2> /dev/null
end
complete -c confdit -f -a '(__confdit_complete)'
`,
  ],
]);

/** Throws UsageError for another shell. */
export function completionScript(shell: string): string {
  const script = SCRIPTS.get(shell);
  if (script !== undefined) return script;
  throw new UsageError(
    `There is no completion for ${JSON.stringify(shell)}; there is for ${[...SCRIPTS.keys()].join(', ')}.`,
  );
}
