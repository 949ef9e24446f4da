// The scripts that shells load. They hold no names: each Tab asks `dure complete --`, so a script never falls behind the program.
// The first line of an answer is `words` or `files`; then comes a candidate a line, with a tab before what explains it.

const BASH = `# bash completion for dure: eval "$(dure completion bash)"
_dure() {
  local line words current kind answer value
  # Not COMP_WORDS: bash takes words apart at ":" and "=", which belong to ours.
  line=\${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  case $line in *[[:space:]]) words+=("") ;; esac
  current=\${words[\${#words[@]} - 1]}
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r answer; do
      value=\${answer%%$'\\t'*}
      # Bash replaces only what stands behind the last of its word breaks.
      case $COMP_WORDBREAKS in *:*) case $current in *:*) value=\${value#"\${current%"\${current##*:}"}"} ;; esac ;; esac
      case $COMP_WORDBREAKS in *=*) case $current in *=*) value=\${value#"\${current%"\${current##*=}"}"} ;; esac ;; esac
      COMPREPLY+=("$value")
    done
  } < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  if [ "$kind" = files ]; then compopt -o filenames 2>/dev/null; fi
  case \${COMPREPLY[0]} in */ | *=) if [ \${#COMPREPLY[@]} -eq 1 ]; then compopt -o nospace 2>/dev/null; fi ;; esac
}
complete -F _dure dure
`;

const ZSH = `#compdef dure
# zsh completion for dure: eval "$(dure completion zsh)", behind compinit
_dure() {
  local -a answers values shown
  local answer value
  answers=("\${(@f)$(\${(Q)words[1]} complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for answer in "\${(@)answers[2,-1]}"; do
    [[ -n $answer ]] || continue
    value=\${answer%%$'\\t'*}
    values+=("$value")
    if [[ $answer == *$'\\t'* ]]; then shown+=("$value -- \${answer#*$'\\t'}"); else shown+=("$value"); fi
  done
  (( \${#values} )) || return 1
  if [[ \${values[1]} == */ && \${#values} -eq 1 ]]; then
    compadd -f -S '' -- "\${(@)values}"
  elif [[ \${answers[1]} == files ]]; then
    compadd -f -- "\${(@)values}"
  else
    compadd -l -d shown -- "\${(@)values}"
  fi
}
compdef _dure dure
`;

const FISH = `# fish completion for dure: dure completion fish > ~/.config/fish/completions/dure.fish
function __dure_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    $program complete -- $words (commandline -ct) 2>/dev/null | tail -n +2
end
complete -c dure -f -a '(__dure_complete)'
`;

const POWERSHELL = `# PowerShell completion for dure: dure completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName @('dure', 'dure.cmd') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = $commandAst.CommandElements[0].ToString()
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString().Trim("'", '"') })
    # Windows PowerShell drops an empty word: the quotes stand for it.
    if ($wordToComplete -eq '') { $words += '""' } else { $words += $wordToComplete }
    $answers = @(& $program complete '--' @words 2>$null)
    $answers | Select-Object -Skip 1 | Where-Object { $_ } | ForEach-Object {
        $value, $text = $_ -split "\`t", 2
        if (-not $text) { $text = $value }
        $written = if ($value -match '[\\s;,(){}$&|]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($written, $value, 'ParameterValue', $text)
    }
}
`;

export const scripts: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };
